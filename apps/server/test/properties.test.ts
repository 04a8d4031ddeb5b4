/**
 * Whatever is sent: an answer or a problem comes, soon, and never `valid: true`.
 */
import { assert, layer } from "@effect/vitest"
import { defaultPolicy, Fetcher, Verifier } from "@posh/core"
import { Arbitrary, Effect, Layer, Schema } from "effect"
import { type Response, Service } from "./service.ts"

/** Every domain publishes nothing, at once. */
const layerNothing = Verifier.layer({
  ...defaultPolicy,
  allowSpecialUse: true,
  budgets: { ...defaultPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 }
}).pipe(Layer.provide(Layer.succeed(
  Fetcher,
  Fetcher.of({
    get: () => Effect.succeed({ status: 404, headers: [], body: new Uint8Array(), trace: { startedAt: 0, endedAt: 0 } })
  })
)))

const Json: Schema.Codec<unknown> = Schema.Union([
  Schema.String,
  Schema.Number,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.String),
  Schema.Record(Schema.String, Schema.String)
])

/** A member that is right, wrong in its value, or wrong in its type. */
const mostly = <S extends Schema.Codec<unknown>>(right: S) =>
  Schema.optionalKey(Schema.Union([right, right, right, Json]))

const NearQuestion = Schema.Struct({
  domain: mostly(Schema.Literals(["hosted.example", "HOSTED.example.", "bücher.example", "127.0.0.1", "a..b", ""])),
  service: mostly(Schema.Literals(["xmpp-server", "_xmpp-client._tcp", "xmpps-server", "smtp"])),
  certificate: Schema.optionalKey(Schema.Union([Schema.String, Schema.Literal("MIIB"), Json])),
  chain: Schema.optionalKey(Schema.Union([Schema.Array(Schema.String), Json])),
  fingerprint: mostly(
    Schema.Struct({
      "sha-256": mostly(Schema.Literals(["0".repeat(64), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "00"])),
      "sha-512": Schema.optionalKey(Schema.Union([Schema.Literal("f".repeat(128)), Json]))
    })
  ),
  prooftypes: mostly(Schema.Array(Schema.Literals(["posh", "pkix", "dane"]))),
  generations: mostly(Schema.Literals(["rfc-then-draft", "rfc-only", "draft-only"])),
  nameCheck: Schema.optionalKey(Schema.Literals(["advisory", "source"])),
  chainCheck: Schema.optionalKey(Schema.Literals(["off", "require"])),
  derivedDomain: Schema.optionalKey(Schema.String),
  derivedDomainSecure: mostly(Schema.Boolean),
  maxAge: mostly(Schema.Int),
  refresh: mostly(Schema.Boolean),
  deadlineMs: mostly(Schema.Literals([50, 1_000, 49, 30_001])),
  explain: mostly(Schema.Boolean),
  surplus: Schema.optionalKey(Json)
})

/** A question, or its text with something cut out or put in. */
const Body = Schema.Struct({
  value: Schema.Union([NearQuestion, NearQuestion, NearQuestion, NearQuestion, Json]),
  cut: Schema.Literals([0, 0, 0, 1, 7]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
  noise: Schema.Union([Schema.Literal(""), Schema.Literal(""), Schema.String])
})

const toText = ({ at, cut, noise, value }: typeof Body.Type): string => {
  const text = JSON.stringify(value)
  return text.slice(0, at) + noise + text.slice(at + cut)
}

const inBatch = (text: string) => JSON.stringify({ requests: [JSON.parse(text)] })

layer(Service.layer(layerNothing), { excludeTestServices: true })("any body", (it) => {
  const judge = (text: string, response: Response, took: number) => {
    assert.isBelow(response.status, 500, text)
    assert.notInclude(response.text, "\"valid\":true", text)
    assert.isBelow(took, 1_000, text)
    assert.match(String(response.headers["content-type"]), /^application\/(problem\+)?json$/, text)
  }
  const send = (path: string, text: string) =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const start = performance.now()
      const headers = { "content-type": "application/json" }
      const response = yield* ask(path, { method: "POST", headers, body: text })
      judge(text, response, performance.now() - start)
      return response.status
    })

  it.effect("20,000 bodies: no 5xx, no hang, no positive verdict (POSH-SEC-02)", () =>
    Effect.gen(function*() {
      const bodies = yield* Arbitrary.sampleEffect(Arbitrary.schema(Body), { count: 20_000, seed: 7711 })
      const statuses = yield* Effect.forEach(bodies, (body) => send("/v1/verify", toText(body)), { concurrency: 16 })
      // The generator is worth something only where it makes questions as well as nonsense.
      for (const status of [200, 400]) assert.isAbove(statuses.filter((seen) => seen === status).length, 500)
    }), 120_000)

  it.effect("the same in batches, and as documents", () =>
    Effect.gen(function*() {
      const bodies = yield* Arbitrary.sampleEffect(Arbitrary.schema(Body), { count: 1_000, seed: 7712 })
      yield* Effect.forEach(bodies, (body) =>
        Effect.all([
          send("/v1/verify/batch", toText(body)),
          send("/v1/verify/batch", inBatch(JSON.stringify(body.value))),
          send("/v1/documents/lint", toText(body)),
          send("/v1/documents/generate", toText(body))
        ]), { concurrency: 16 })
    }), 60_000)
})
