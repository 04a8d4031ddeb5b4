/** Callers over their limits, over real sockets, and the effect on others. */
import { assert, describe, it, layer } from "@effect/vitest"
import type { BatchResponse, Problem } from "@posh/api"
import { Verifier } from "@posh/core"
import { HttpsFetcher, parseConnectTo } from "@posh/core/node"
import { Behave, fingerprintsDocument, makeOrigins, selfSigned } from "@posh/testing"
import { Context, Deferred, Effect, Layer, Result } from "effect"
import { readSettings } from "../../../src/config/Config.ts"
import { toPolicy } from "../../../src/config/policy.ts"
import { exchange, type Heard, open, postOf } from "../../http/limits/raw.ts"
import { jsonBody, Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../inquiries.ts"
import { verified } from "../verdicts.ts"

const path = "/.well-known/posh/xmpp-server.json"
const problemOf = ({ text }: Heard) => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as Problem
const answered = (text: string) => /\r\n\r\n\{.*\}$/s.test(text)

describe("questions in flight", () => {
  const gate = Deferred.makeUnsafe<typeof verified>()
  let asked = 0
  const verifier = layerAnswering({
    verify: (inquiry) => {
      if (domainOf(inquiry) !== "slow.example") return Effect.succeed(verified)
      asked += 1
      return Deferred.await(gate)
    }
  })
  const question = (domain: string) => ({ domain, service: "xmpp-server", certificate: "MAA=" })
  const slow = postOf("/v1/verify", JSON.stringify(question("slow.example")))
  const quick = postOf("/v1/verify", JSON.stringify(question("quick.example")))
  const batchOf = (size: number) =>
    postOf(
      "/v1/verify/batch",
      JSON.stringify({
        requests: Array.from({ length: size }, (_, maxAge) => ({ ...question("quick.example"), maxAge }))
      })
    )

  // One caller may have 9 of 12.
  it.layer(Service.layer(verifier, { limits: { maxInFlight: 12 } }), { excludeTestServices: true })((it) => {
    it.effect("a caller at its share is refused at once, and others are not", () =>
      Effect.scoped(Effect.gen(function*() {
        const { ask, baseUrl } = yield* Service
        for (let index = 0; index < 9; index += 1) (yield* open(baseUrl, 2)).write(slow)
        yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => asked === 9 }))

        const refused = yield* exchange(baseUrl, slow, { caller: 2, until: answered })
        assert.deepStrictEqual(refused.statuses, [503])
        assert.match(refused.text, /^retry-after: 1\r$/im)
        assert.deepInclude(problemOf(refused), { code: "Overloaded", retryAfterMs: 1_000 })
        assert.strictEqual(asked, 9)
        // Nor does the refusal wait for the body.
        const early = yield* exchange(baseUrl, slow.slice(0, -10), { caller: 2, until: answered })
        assert.deepStrictEqual(early.statuses, [503])

        assert.deepStrictEqual((yield* exchange(baseUrl, quick, { caller: 3, until: answered })).statuses, [200])
        assert.deepStrictEqual((yield* exchange(baseUrl, batchOf(3), { caller: 3, until: answered })).statuses, [200])
        const large = yield* exchange(baseUrl, batchOf(4), { caller: 3, until: answered })
        assert.deepStrictEqual(large.statuses, [503])

        for (let index = 0; index < 3; index += 1) (yield* open(baseUrl, 3)).write(slow)
        yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => asked === 12 }))
        assert.deepStrictEqual((yield* exchange(baseUrl, quick, { caller: 4, until: answered })).statuses, [503])
        assert.strictEqual((yield* ask("/health/live")).status, 200)

        yield* Deferred.succeed(gate, verified)
        yield* Effect.sleep("10 millis").pipe(
          Effect.andThen(exchange(baseUrl, quick, { caller: 4, until: answered })),
          Effect.repeat({ until: ({ statuses }) => statuses[0] === 200 })
        )
      })))
  })

  it.layer(Service.layer(verifier, { limits: { callerRate: 2 } }), { excludeTestServices: true })((it) => {
    it.effect("over the rate, each question of a batch gets a problem of its own", () =>
      Effect.gen(function*() {
        const { baseUrl, post } = yield* Service
        const requests = Array.from({ length: 30 }, (_, maxAge) => ({ ...question("quick.example"), maxAge }))
        const { json, status } = yield* post("/v1/verify/batch", { requests })
        assert.strictEqual(status, 200)
        const { results } = json as BatchResponse
        assert.isTrue(results.slice(0, 20).every(({ answer }) => answer?.valid === true))
        for (const [index, { problem }] of results.slice(20).entries()) {
          assert.deepInclude(problem, { code: "TooManyRequests", field: `requests[${index + 20}]` })
          assert.isAbove(problem?.retryAfterMs ?? 0, 0)
        }
        const refused = yield* post("/v1/verify", question("quick.example"))
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers["retry-after"], "1")
        assert.deepStrictEqual((yield* exchange(baseUrl, quick, { caller: 2, until: answered })).statuses, [200])
      }))
  })

  it.layer(Service.layer(verifier, { limits: { maxConnections: 12 } }), { excludeTestServices: true })((it) => {
    it.effect("connections are limited to three quarters for one network, and in total", () =>
      Effect.scoped(Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const silent = (caller: number) =>
          Effect.map(
            exchange(baseUrl, "", { caller, withinMs: 300 }).pipe(Effect.option),
            ({ _tag }) => _tag === "Some"
          )
        for (let index = 0; index < 9; index += 1) yield* open(baseUrl, 2)
        assert.isTrue(yield* silent(2), "the tenth is closed")
        assert.isFalse(yield* silent(3))
        for (let index = 0; index < 3; index += 1) yield* open(baseUrl, 3)
        assert.isTrue(yield* silent(4), "the thirteenth is closed")
      })))
  })

  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    it.effect(
      "bodies of one caller are held to 64 MiB at once, and those of others go on",
      () =>
        Effect.scoped(Effect.gen(function*() {
          const { baseUrl } = yield* Service
          const announced = "POST /v1/verify/batch HTTP/1.1\r\nHost: posh\r\nContent-Type: application/json\r\n" +
            `Content-Length: ${32 * 1024 * 1024}\r\n\r\n`
          const first = yield* open(baseUrl, 2)
          first.write(announced)
          ;(yield* open(baseUrl, 2)).write(announced)
          yield* Effect.sleep("200 millis")
          const refused = yield* exchange(baseUrl, announced, { caller: 2 })
          assert.deepStrictEqual(refused.statuses, [503])
          assert.isTrue(refused.closed)
          assert.deepStrictEqual((yield* exchange(baseUrl, quick, { caller: 2, until: answered })).statuses, [200])
          const filled = quick.replace("{", `{${" ".repeat(100_000)}`).replace(
            /Content-Length: \d+/,
            `Content-Length: ${Number(/Content-Length: (\d+)/.exec(quick)?.[1]) + 100_000}`
          )
          assert.deepStrictEqual((yield* exchange(baseUrl, filled, { caller: 3, until: answered })).statuses, [200])
          // The first body does not arrive: its connection closes and its octets are released.
          yield* Effect.callback<void>((resume) => void first.once("close", () => resume(Effect.void))).pipe(
            Effect.timeout("10 seconds")
          )
        })),
      120_000
    )
  })
})

const makeWorld = Effect.gen(function*() {
  const server = yield* selfSigned()
  const origins = yield* makeOrigins({
    "known.example": { routes: { [path]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })) } }
  })
  return { origins, server }
})
class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/Callers") {}

const layerDeployed = Layer.unwrap(Effect.map(World, ({ origins }) => {
  const settings = Result.getOrThrow(readSettings({ POSH_ALLOW_SPECIAL_USE_DOMAINS: "true" }))
  const verifier = Verifier.layer(toPolicy(settings)).pipe(Layer.provide(HttpsFetcher.layer({
    userAgent: "posh-test",
    extraCa: origins.caPem,
    connectTo: Result.getOrThrow(parseConnectTo(origins.connectTo))
  })))
  return Service.layer(verifier, { limits: { callerResolutions: 10 } })
})).pipe(Layer.provideMerge(Layer.effect(World, makeWorld)))

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("POSH-SEC-12: ten resolutions a minute", (it) => {
  it.effect("a flood of domains gets 429 and affects neither other callers nor cached domains", () =>
    Effect.gen(function*() {
      const { origins, server } = yield* World
      const { ask, baseUrl, post } = yield* Service
      const question = (domain: string) => ({ domain, service: "xmpp-server", certificate: server.pem })
      const asIs = (domain: string) => postOf("/v1/verify", JSON.stringify(question(domain)))
      assert.strictEqual((yield* post("/v1/verify", question("known.example"))).status, 200)

      const startedAt = performance.now()
      // Each publishes nothing, in two generations.
      const flood = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => `f${index}.example`),
        (domain) => exchange(baseUrl, asIs(domain), { caller: 2, until: answered }),
        { concurrency: 4 }
      )
      const codes = flood.map(({ statuses }) => statuses[0])
      assert.isAtLeast(codes.filter((status) => status === 200).length, 4)
      // One comes back every six seconds.
      const refilled = Math.ceil((performance.now() - startedAt) / 6_000)
      assert.isAtMost(codes.filter((status) => status === 200).length, 5 + refilled)
      const refused = flood.filter(({ statuses }) => statuses[0] === 429)
      assert.strictEqual(refused.length + codes.filter((status) => status === 200).length, 20)
      for (const heard of refused) {
        assert.match(heard.text, /^retry-after: [1-6]\r$/im)
        assert.strictEqual(problemOf(heard).code, "TooManyRequests")
      }
      assert.isAtMost(origins.requests.filter(({ host }) => host.startsWith("f")).length, 10 + refilled)

      const known = yield* exchange(baseUrl, asIs("known.example"), { caller: 2, until: answered })
      assert.include(known.text, "\"valid\":true")
      const other = yield* exchange(baseUrl, asIs("f19.example"), { caller: 3, until: answered })
      assert.include(other.text, "\"code\":\"NotPublished\"")

      const batch = yield* exchange(
        baseUrl,
        postOf("/v1/verify/batch", JSON.stringify({ requests: [question("known.example"), question("g.example")] })),
        { caller: 2, until: answered }
      )
      assert.include(batch.text, "\"valid\":true")
      assert.match(batch.text, /"code":"TooManyRequests","retryAfterMs":\d+,"field":"requests\[1\]"/)

      yield* Effect.forEach(
        Array.from({ length: 10 }, (_, index) => index),
        (index) => ask(`/v1/associations/h${index}.example/xmpp-server`)
      )
      const association = yield* ask("/v1/associations/h99.example/xmpp-server")
      assert.strictEqual(association.status, 429)
      assert.isString(association.headers["retry-after"])
      const lint = yield* ask("/v1/documents/lint", jsonBody({ domain: "h99.example", service: "xmpp-server" }))
      assert.strictEqual(lint.status, 429)
    }))
})
