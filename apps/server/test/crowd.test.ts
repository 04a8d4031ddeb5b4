/**
 * Many questions at once, over real sockets: a stampede on one cold domain, and a batch of as many cold domains as a
 * batch may have.
 */
import { assert, layer } from "@effect/vitest"
import type { Answer, BatchResponse } from "@posh/api"
import { Verifier } from "@posh/core"
import { HttpsFetcher, parseConnectTo } from "@posh/core/node"
import { Behave, fingerprintsDocument, makeOrigins, selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { readSettings } from "../src/config/Config.ts"
import { toPolicy } from "../src/config/policy.ts"
import { Service } from "./service.ts"

const path = "/.well-known/posh/xmpp-server.json"

const batched = Array.from({ length: 1_000 }, (_, index) => `b${index}.example`)
const single = Array.from({ length: 300 }, (_, index) => `s${index}.example`)
const crowd = [...batched, ...single]

const makeWorld = Effect.gen(function*() {
  const server = yield* selfSigned()
  const document = Behave.json(fingerprintsDocument([server], { expires: 3_600 }))
  const origins = yield* makeOrigins({
    "cold.example": {
      routes: { [path]: Behave.json(fingerprintsDocument([server], { expires: 3_600 }), { delayMs: 300 }) }
    }
  })
  // Beforehand, because the same two cores make them.
  yield* Effect.forEach(crowd, (domain) => origins.certificateOf(domain))
  origins.setFallback((_host, asked) => asked === path ? document : undefined)
  return { origins, server }
})

class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/Crowd") {}

const layerDeployed = Layer.unwrap(Effect.map(World, ({ origins }) => {
  const settings = Result.getOrThrow(readSettings({ POSH_ALLOW_SPECIAL_USE_DOMAINS: "true" }))
  const verifier = Verifier.layer(toPolicy(settings)).pipe(Layer.provide(HttpsFetcher.layer({
    userAgent: "posh-test",
    extraCa: origins.caPem,
    connectTo: Result.getOrThrow(parseConnectTo(origins.connectTo))
  })))
  return Service.layer(verifier)
})).pipe(Layer.provideMerge(Layer.effect(World, makeWorld)))

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("many questions at once", (it) => {
  it.effect("1,000 about one cold domain make one request to it", () =>
    Effect.gen(function*() {
      const { origins, server } = yield* World
      const { post } = yield* Service
      const question = { domain: "cold.example", service: "xmpp-server", certificate: server.pem }
      const answers = yield* Effect.forEach(
        Array.from({ length: 1_000 }),
        () => Effect.map(post("/v1/verify", question), ({ json }) => json as Answer),
        { concurrency: "unbounded" }
      )
      assert.isTrue(answers.every(({ valid }) => valid))
      assert.strictEqual(origins.countOf("cold.example"), 1)
    }))

  it.effect(
    "1,000 cold domains in one batch, and 300 questions beside it, are all answered within their deadline",
    () =>
      Effect.gen(function*() {
        const { server } = yield* World
        const { post } = yield* Service
        const question = (domain: string) => ({
          domain,
          service: "xmpp-server",
          certificate: server.pem,
          deadlineMs: 30_000
        })
        const requests = batched.map(question)
        const [batch, singles] = yield* Effect.all([
          Effect.map(post("/v1/verify/batch", { requests }), ({ json }) => json as BatchResponse),
          Effect.forEach(
            single,
            (domain) => Effect.map(post("/v1/verify", question(domain)), ({ json }) => json as Answer),
            { concurrency: "unbounded" }
          )
        ], { concurrency: "unbounded" })
        const codes = new Map<string, number>()
        for (const answer of [...batch.results.map((result) => result.answer), ...singles]) {
          const code = answer?.code ?? "none"
          codes.set(code, (codes.get(code) ?? 0) + 1)
        }
        assert.deepStrictEqual([...codes], [["Verified", 1_300]])
      }),
    120_000
  )
})
