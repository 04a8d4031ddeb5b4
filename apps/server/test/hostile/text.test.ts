/**
 * Whatever an origin sends in a header or a document, and whatever is in a certificate: what is told of it prints, and is
 * bounded (POSH-SEC-14), in answers with evidence, in problems and in the decision log.
 */
import { assert, layer } from "@effect/vitest"
import type * as Api from "@posh/api"
import { defaultPolicy, Fetcher, Verifier } from "@posh/core"
import { base64, jwkSetDocument, selfSigned } from "@posh/testing"
import { Effect, Layer, Result, Schema } from "effect"
import { CallerQuestion } from "../../src/service/CallerQuestion.ts"
import { makeFill } from "../../src/telemetry/decisions/chunk.ts"
import { makeToDraft } from "../../src/telemetry/decisions/record.ts"
import { type Response, Service } from "../service.ts"

/** What an origin sends next. */
interface Sent {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: Uint8Array
}
const world: { sent: Sent; asked: number } = { sent: { status: 404, headers: [], body: new Uint8Array() }, asked: 0 }

const layerVerifier = Verifier.layer({
  ...defaultPolicy,
  allowSpecialUse: true,
  budgets: { ...defaultPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 }
}).pipe(Layer.provide(Layer.succeed(
  Fetcher,
  Fetcher.of({ get: () => Effect.succeed({ ...world.sent, trace: { startedAt: 0, endedAt: 0 } }) })
)))

/** Texts that nobody should see as they are, and long ones. */
const hostileTexts = [
  "\u009b31mred",
  "\u001b[2J",
  "\u202eabc\u2066",
  "\u{e0001}\u{10ffff}\ufeff",
  "\r\nSet-Cookie: x",
  "\u2028\u2029\u0000\u007f",
  "\ud800",
  `"},{"\\`,
  "€".repeat(30_000),
  "\u0085".repeat(3_000)
]
const Text = Schema.Union([Schema.String, Schema.Literals(hostileTexts)])
/** As a field comes in: one character an octet. */
const toField = (text: string) => Buffer.from(text, "utf8").toString("latin1").slice(0, 12_000)

const leaf = await Effect.runPromise(selfSigned({ dnsNames: ["xmpp.attacker.example"] }))
const [jwk] = jwkSetDocument([leaf]).keys

/** A certificate with the text in it wherever a name may be, and with more names than are listed. */
const certify = (text: string) =>
  Effect.map(
    selfSigned({
      keys: leaf.keys,
      subject: "CN=xmpp",
      serial: "01".repeat(500),
      dnsNames: [text.replaceAll(/[^\u0000-\u007f]/g, "\u001b").slice(0, 4_000)],
      uris: [`xmpp:${text.replaceAll(/[^\u0000-\u007f]/g, "\u0007")}`.slice(0, 4_000)],
      xmppAddrs: [text.toWellFormed().slice(0, 5_000)],
      extraSanCount: 300,
      criticalUnknown: true
    }),
    ({ der }) => der
  )

const json = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document))
const served = (body: Uint8Array): Sent => ({ status: 200, headers: [["content-type", "application/json"]], body })
const quoted = (text: string) => JSON.stringify(text)

/** What may stand where. */
const ways: { readonly [name: string]: (text: string, der: Uint8Array) => Sent } = {
  "Content-Type": (text) => ({ status: 200, headers: [["content-type", toField(text)]], body: new Uint8Array() }),
  "Content-Type, twice": (text) => ({
    status: 200,
    headers: [["content-type", "text/html"], ["content-type", toField(text)]],
    body: new Uint8Array()
  }),
  "Location": (text) => ({ status: 302, headers: [["location", toField(text)]], body: new Uint8Array() }),
  "a host in Location": (text) => ({
    status: 302,
    headers: [["location", `https://${toField(text)}.example/`]],
    body: new Uint8Array()
  }),
  "a path in Location": (text) => ({
    status: 302,
    headers: [["location", `https://a.example/${encodeURIComponent(text.toWellFormed()).slice(0, 2_000)}`]],
    body: new Uint8Array()
  }),
  "Retry-After": (text) => ({ status: 503, headers: [["retry-after", toField(text)]], body: new Uint8Array() }),
  "the body": (text) => served(Buffer.from(text.slice(0, 50_000))),
  "a member": (text) => served(json({ [text.slice(0, 10_000)]: 1 })),
  "a member twice": (text) => {
    const member = quoted(text.slice(0, 5_000))
    return served(Buffer.from(`{${member}:1,${member}:2}`))
  },
  "a name of a hash": (text) =>
    served(json({ fingerprints: [{ [text.slice(0, 10_000)]: "", "sha-256": "A".repeat(43) }], expires: 60 })),
  "a url": (text) => served(json({ url: text.slice(0, 10_000), expires: 60 })),
  "a host in url": (text) => served(json({ url: `https://${text.slice(0, 10_000)}.example/`, expires: 60 })),
  "kid": (text) => served(json({ keys: [{ ...jwk, kid: text.slice(0, 20_000) }] })),
  "a kty": (text) => served(json({ keys: [{ ...jwk, kty: text.slice(0, 20_000), crv: text.slice(0, 9) }] })),
  "a certificate of a key": (_text, der) => served(json({ keys: [{ ...jwk, x5c: [base64(der)] }] })),
  "a certificate that cannot be read": (text, der) =>
    served(json({ keys: [{ ...jwk, x5c: [base64(Buffer.concat([der, Buffer.from(text)]))] }] })),
  "syntax": (text) => served(Buffer.from(`{"keys":${text.slice(0, 10_000)}`))
}

/** Longest text that is told: of ours, and a URL (POSH-RES-65). */
const longest = 1_200
const longestUrl = 2_048

const assertFit = (value: unknown, at = "answer"): void => {
  if (typeof value === "string") {
    assert.notMatch(value, /[\p{C}\p{Zl}\p{Zp}]/u, at)
    assert.isAtMost(value.length, at.endsWith("url") ? longestUrl : longest, at)
  } else if (typeof value === "object" && value !== null) {
    for (const [member, inner] of Object.entries(value)) {
      assertFit(member, `${at}: a member`)
      assertFit(inner, `${at}.${member}`)
    }
  }
}

const toDraft = makeToDraft((_kind, value) => value)
const caller = { name: "a caller", account: "", scope: "verify" } as const

/** What is told of it, everywhere. */
const assertTold = Effect.fnUntraced(function*(generations: "rfc-only" | "draft-only", certificate: string) {
  const { ask, post } = yield* Service
  const domain = `h${world.asked += 1}.example`
  const question = { domain, service: "xmpp-server", certificate, generations, explain: true } as const
  const answered: ReadonlyArray<Response> = [
    yield* post("/v1/verify", question),
    yield* ask(`/v1/associations/${domain}/xmpp-server`)
  ]
  for (const { json, status, text } of answered) {
    assert.oneOf(status, [200, 400], text.slice(0, 500))
    assertFit(json)
    // Nor does the text of the response speak to a terminal.
    assert.notMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  }
  const { explain: _explain, ...asked } = question
  const verifier = yield* Verifier
  const inquiry = verifier.prepare(asked)
  if (Result.isFailure(inquiry)) return
  const verdict = yield* verifier.verify(inquiry.success)
  const draft = toDraft({ decision: { id: "0193", verdict }, question: new CallerQuestion(asked), caller, tookMs: 1 })
  const line = Buffer.from(makeFill(0)([draft], 1).octets).toString()
  assert.notMatch(line.slice(0, -1), /[\p{C}\p{Zl}\p{Zp}]/u)
  assertFit(JSON.parse(line), "line")
})

layer(Layer.provideMerge(Service.layer(layerVerifier), layerVerifier), { excludeTestServices: true })(
  "text of strangers",
  (it) => {
    it.effect.each(Object.entries(ways))(
      "%s, with everything that is hostile in it",
      ([_name, send]) =>
        Effect.forEach(hostileTexts, (text) =>
          Effect.gen(function*() {
            world.sent = send(text, yield* certify(text))
            yield* assertTold("rfc-only", leaf.pem)
            yield* assertTold("draft-only", leaf.pem)
          })),
      120_000
    )

    it.effect.each(hostileTexts)("a certificate in question with %j", (text) =>
      Effect.gen(function*() {
        world.sent = { status: 404, headers: [], body: new Uint8Array() }
        yield* assertTold("rfc-only", base64(yield* certify(text)))
      }))

    it.effect("many names are counted, and each type has its share", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        world.sent = { status: 404, headers: [], body: new Uint8Array() }
        const { json } = yield* post("/v1/verify", {
          domain: "many.example",
          service: "xmpp-server",
          certificate: base64(yield* certify("x")),
          explain: true
        })
        const { evidence } = json as Api.Answer
        const types = (evidence?.presentedIdentifiers ?? []).map(({ type }) => type)
        assert.deepStrictEqual([types.length, evidence?.presentedIdentifiersOmitted], [100, 203])
        assert.includeMembers(types, ["dns", "uri", "xmpp"])
      }))

    it.effect.each(hostileTexts)("problems about questions with %j", (text) =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const sound = { domain: "a.example", service: "xmpp-server", certificate: leaf.pem }
        for (
          const question of [
            { ...sound, domain: `${text}.example` },
            { ...sound, service: text },
            { ...sound, [text]: 1 },
            { ...sound, nameCheck: text },
            { ...sound, certificate: text },
            { ...sound, derivedDomain: text },
            { ...sound, certificate: undefined, fingerprint: { [text]: "" } },
            { ...sound, certificate: `-----BEGIN ${text.slice(0, 99)}-----\nAAAA\n-----END ${text.slice(0, 99)}-----` }
          ]
        ) {
          const answered = yield* post("/v1/verify", question)
          assertFit(answered.json)
          assert.notMatch(answered.text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
      }))

    it.effect.prop(
      "whatever it is",
      [Text, Schema.Literals(Object.keys(ways))],
      ([text, way]) =>
        Effect.gen(function*() {
          const der = yield* certify(text)
          world.sent = ways[way]?.(text, der) ?? world.sent
          yield* assertTold("rfc-only", base64(der))
          yield* assertTold("draft-only", leaf.pem)
        }),
      { arbitrary: { runs: 300 }, timeout: 120_000 }
    )
  }
)
