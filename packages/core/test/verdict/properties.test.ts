import { assert, describe, it } from "@effect/vitest"
import { greenhouse, selfSigned } from "@posh/testing"
import { Effect, Layer, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { layerMemory } from "../../src/cache/store/MemoryStore.ts"
import { Fetcher, FetchError } from "../../src/fetch/Fetcher.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verify } from "../asking.ts"
import { testPolicy } from "../fakeFetcher.ts"

/** The presented certificate; no document below contains it. */
const { der } = await Effect.runPromise(
  selfSigned({ notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2030-01-01T00:00:00Z") })
)
const stranger = Buffer.from(der).toString("base64")

/** Every URL answers with what the generator made. */
const page = { body: new Uint8Array(), status: 200, headers: [] as Array<readonly [string, string]> }
const trace = { startedAt: 0, endedAt: 0 }
const layer = Verifier.layerNoDeps({
  ...testPolicy,
  budgets: { ...testPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 }
}).pipe(
  Layer.provide([
    layerMemory({ entries: 100, octets: 1e6 }),
    Layer.succeed(
      Fetcher,
      Fetcher.of({
        get: ({ target }) =>
          target.host === "fault.example"
            ? Effect.fail(new FetchError({ code: "ConnectTimeout", trace }))
            : Effect.succeed({ ...page, trace })
      })
    )
  ])
)

const texts = {
  fingerprints: JSON.stringify(greenhouse.fingerprints),
  reference: JSON.stringify(greenhouse.reference),
  jwkSet: JSON.stringify(greenhouse.jwkSet)
}

/** Splices noise into a published document. */
const Mutation = Schema.Struct({
  base: Schema.Literals(["fingerprints", "reference", "jwkSet", "none"]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_000 })),
  remove: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })),
  insert: Schema.String
})
const mutate = ({ at, base, insert, remove }: typeof Mutation.Type): string => {
  if (base === "none") return insert
  const text = texts[base]
  const position = at % text.length
  return text.slice(0, position) + insert + text.slice(position + remove)
}

/** Of this thread's processor: other work on the machine does not count. */
const slowest = { ms: 0 }
const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = process.threadCpuUsage()
    return Effect.ensuring(
      work,
      Effect.sync(() => {
        const { system, user } = process.threadCpuUsage(before)
        slowest.ms = Math.max(slowest.ms, (system + user) / 1_000)
      })
    )
  })

const ask = (question: object) =>
  TestClock.setTime(greenhouse.at.getTime()).pipe(
    Effect.andThen(timed(Effect.result(verify(question as never))))
  )

describe("no input causes a defect, a delay or a positive verdict", () => {
  it.layer(layer)((it) => {
    const settings = { arbitrary: { runs: 20_000 }, timeout: 120_000 }

    it.effect("the documents below would verify their own certificates", () =>
      Effect.gen(function*() {
        page.body = new TextEncoder().encode(texts.fingerprints)
        const certificate = Buffer.from(greenhouse.current).toString("base64")
        const outcome = yield* ask({ domain: "control.example", service: "xmpp-server", certificate })
        assert.isTrue(Result.isSuccess(outcome) && outcome.success.valid)
      }))

    it.effect.prop("documents", [Mutation, Schema.Int], ([mutation, run]) =>
      Effect.gen(function*() {
        page.body = new TextEncoder().encode(mutate(mutation))
        const domain = `d${run}.example`
        const generations = mutation.base === "jwkSet" ? "draft-only" : "rfc-only"
        const outcome = yield* ask({
          domain,
          service: "xmpp-server",
          certificate: stranger,
          refresh: true,
          generations
        })
        assert.isTrue(Result.isSuccess(outcome))
        if (Result.isSuccess(outcome)) {
          assert.isFalse(outcome.success.valid)
          assert.notStrictEqual(outcome.success.code, "InternalError", outcome.success.message)
        }
      }), settings)

    it.effect.prop("documents of octets", [Schema.Uint8Array, Schema.Int], ([octets, run]) =>
      Effect.gen(function*() {
        page.body = Uint8Array.from(octets)
        const outcome = yield* ask({ domain: `o${run}.example`, service: "xmpp-server", certificate: stranger })
        assert.isFalse(Result.isSuccess(outcome) && (outcome.success.valid || outcome.success.code === "InternalError"))
      }), settings)

    const Text = Schema.optionalKey(Schema.String)
    const Question = Schema.Struct({
      domain: Schema.Union([Schema.String, Schema.Literals(["fault.example", "a.example", "bücher.example"])]),
      service: Schema.Union([Schema.String, Schema.Literals(["xmpp-server", "xmpp-client"])]),
      certificate: Text,
      chain: Schema.optionalKey(Schema.Array(Schema.String)),
      fingerprint: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
      derivedDomain: Text,
      maxAge: Schema.optionalKey(Schema.Number),
      deadlineMs: Schema.optionalKey(Schema.Number)
    })
    it.effect.prop("questions", [Question], ([question]) =>
      Effect.gen(function*() {
        page.body = new TextEncoder().encode(texts.fingerprints)
        const outcome = yield* ask(question)
        assert.isFalse(Result.isSuccess(outcome) && (outcome.success.valid || outcome.success.code === "InternalError"))
      }), settings)

    it.effect.prop(
      "certificates with a changed octet",
      [Schema.Int, Schema.Int, Schema.Boolean],
      ([where, what, next]) =>
        Effect.gen(function*() {
          page.body = new TextEncoder().encode(texts.fingerprints)
          const certificate = Uint8Array.from(next ? greenhouse.next : greenhouse.current)
          const position = Math.abs(where) % certificate.length
          certificate[position] = ((certificate[position] ?? 0) + 1 + (Math.abs(what) % 255)) & 0xff
          const outcome = yield* ask({
            domain: "a.example",
            service: "xmpp-server",
            certificate: Buffer.from(certificate).toString("base64")
          })
          assert.isFalse(
            Result.isSuccess(outcome) && (outcome.success.valid || outcome.success.code === "InternalError")
          )
        }),
      settings
    )

    it.effect.prop("redirects", [Schema.String, Schema.Int], ([location, run]) =>
      Effect.gen(function*() {
        page.status = 302
        page.headers = [["location", location]]
        const outcome = yield* ask({ domain: `r${run}.example`, service: "xmpp-server", certificate: stranger })
        page.status = 200
        page.headers = []
        assert.isFalse(Result.isSuccess(outcome) && (outcome.success.valid || outcome.success.code === "InternalError"))
      }), settings)

    it.effect("none of them took a second", () => Effect.sync(() => assert.isBelow(slowest.ms, 1_000)))
  })
})
