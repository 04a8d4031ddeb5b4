/**
 * Whatever is sent: an answer or a problem comes, soon, and never `valid: true`.
 */
import { assert, layer } from "@effect/vitest"
import { Question } from "@posh/api"
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

const sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
const bases = [
  { domain: "hosted.example", service: "xmpp-server", fingerprint: { "sha-256": sha256 } },
  { domain: "bücher.example", service: "_xmpp-client._tcp", fingerprint: { "sha-512": "f".repeat(128) } },
  { domain: "HOSTED.example.", service: "xmpps-server", certificate: "MIIB" }
]

const members = Object.keys(Question.fields)
const values = [
  "",
  "MIIB",
  "127.0.0.1",
  "a..b",
  "rfc-only",
  "source",
  "require",
  "smtp",
  ["posh"],
  ["dane"],
  0,
  50,
  49,
  true
]

/** A member with a value that another member might like, or nobody. */
const Mutation = Schema.Struct({
  member: Schema.Union([Schema.Literals([...members, "__proto__", "surplus"]), Schema.String]),
  value: Schema.Union([Schema.Literals(values.keys().toArray()), Json])
})

/** A question with a few things changed, and at times with something cut out of its text or put in. */
const Body = Schema.Struct({
  base: Schema.Literals([0, 1, 2]),
  mutations: Schema.Array(Mutation).check(Schema.isMaxLength(3)),
  text: Schema.Literals([true, false, false, false]),
  cut: Schema.Literals([0, 1, 7]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120 })),
  noise: Schema.String
})

const toValue = ({ base, mutations }: typeof Body.Type): object =>
  Object.fromEntries([
    ...Object.entries(bases[base] ?? {}),
    ...mutations.map(({ member, value }) => [member, typeof value === "number" ? values[value] ?? value : value])
  ])

const toText = (body: typeof Body.Type): string => {
  const text = JSON.stringify(toValue(body))
  return body.text ? text.slice(0, body.at) + body.noise + text.slice(body.at + body.cut) : text
}

const inBatch = (body: typeof Body.Type): string => JSON.stringify({ requests: [toValue(body)] })

layer(Service.layer(layerNothing), { excludeTestServices: true })("any body", (it) => {
  const judge = (text: string, response: Response, took: number) => {
    assert.isBelow(response.status, 500, text)
    assert.notInclude(response.text, "\"valid\":true", text)
    assert.isBelow(took, 20_000, text) // no hang; sixteen are asked at once, on a machine with other work
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
          send("/v1/verify/batch", inBatch(body)),
          send("/v1/documents/lint", toText(body)),
          send("/v1/documents/generate", toText(body))
        ]), { concurrency: 16 })
    }), 120_000)
})
