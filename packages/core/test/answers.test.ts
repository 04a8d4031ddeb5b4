/** What an answer is about, and what it says nothing of. */
import { assert, describe, it } from "@effect/vitest"
import { fingerprintsDocument, greenhouse, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { hash } from "node:crypto"
import { failures, isUnanswered, isWithdrawal, type VerdictCode } from "../src/codes.ts"
import type { Question } from "../src/question/Question.ts"
import { verify as put } from "./asking.ts"
import { makeWeb, type Page, verifierOver } from "./fakeFetcher.ts"
import { ask, at, draft, fingerprints, next, onlyNext, question, rfc, start } from "./greenhouse.ts"

const verify = (more: Partial<Question> = {}) => put({ ...question, ...more })
const published = { [rfc]: { json: fingerprints(86_400) } }
const withoutCertificate = { domain: question.domain, service: question.service }

const { ca, expired, leaf, renewed, stranger } = await Effect.runPromise(Effect.gen(function*() {
  const dates = { notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2027-01-01T00:00:00Z") }
  const root = yield* rootCa(dates)
  const server = yield* issue(root, dates)
  return {
    ca: root,
    leaf: server,
    renewed: yield* issue(root, { ...dates, keys: server.keys }),
    stranger: yield* selfSigned(dates),
    expired: yield* selfSigned({ ...dates, notAfter: new Date("2026-02-01T00:00:00Z") })
  }
}))

describe("REQ-02: the leaf alone is the proof", () => {
  const rows: ReadonlyArray<readonly [name: string, chain: ReadonlyArray<string>, code: string]> = [
    ["published, below a stranger", [question.certificate, stranger.pem], "Verified"],
    ["a stranger, below what is published", [stranger.pem, question.certificate], "CertificateMismatch"]
  ]
  it.effect.each(rows)("%s: %s", ([, chain, code]) =>
    Effect.gen(function*() {
      yield* start
      const verdict = yield* put({ ...withoutCertificate, chain })
      assert.strictEqual(verdict.code, code)
    }).pipe(Effect.provide(verifierOver(makeWeb(published)))))
})

describe("MAT-32, FMT-41: fingerprints are of the whole end-entity certificate", () => {
  const sha256 = (octets: Uint8Array) => hash("sha256", octets, "base64")
  const spki = leaf.keys.publicKey
  const rows: ReadonlyArray<readonly [name: string, hashed: () => Promise<string>, code: string]> = [
    ["the certificate", async () => sha256(leaf.der), "Verified"],
    ["its issuer", async () => sha256(ca.der), "CertificateMismatch"],
    [
      "its key",
      async () => sha256(new Uint8Array(await crypto.subtle.exportKey("spki", spki))),
      "CertificateMismatch"
    ],
    ["a renewed certificate with its key", async () => sha256(renewed.der), "CertificateMismatch"]
  ]
  it.effect.each(rows)("%s", ([, hashed, code]) =>
    Effect.gen(function*() {
      yield* start
      const json = { fingerprints: [{ "sha-256": yield* Effect.promise(hashed) }], expires: 60 }
      const verdict = yield* Effect.provide(
        put({ ...withoutCertificate, chain: [leaf.pem, ca.pem] }),
        verifierOver(makeWeb({ [rfc]: { json } }))
      )
      assert.strictEqual(verdict.code, code)
    }))
})

describe("REQ-06, MAT-52: what is proven is the domain and service of the question", () => {
  const target = "https://xmpp.greenhouse.example/tenants/orchard/posh.json"
  const web = () =>
    makeWeb({ [rfc]: { json: { url: target, expires: 3_600 } }, [target]: { json: fingerprints(3_600) } })

  it.effect("whatever the certificate names, and whichever host publishes for it", () =>
    Effect.gen(function*() {
      yield* start
      const { code, domain, evidence, service } = yield* verify()
      assert.deepStrictEqual<unknown>([code, domain, service], ["Verified", "chat.orchard.example", "xmpp-server"])
      assert.strictEqual(evidence.delegatedDomain, "xmpp.greenhouse.example")
      assert.deepStrictEqual(evidence.names, { source: false, delegated: true })
    }).pipe(Effect.provide(verifierOver(web()))))

  const others: ReadonlyArray<readonly [name: string, more: Partial<Question>]> = [
    ["the domain above", { domain: "orchard.example" }],
    ["a domain below", { domain: "a.chat.orchard.example" }],
    ["the delegated domain", { domain: "xmpp.greenhouse.example" }],
    ["another service", { service: "xmpp-client" }]
  ]
  it.effect.each(others)("%s is not proven by it", ([, more]) =>
    Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "Verified miss")
      assert.strictEqual(yield* ask(more), "NotPublished miss")
    }).pipe(Effect.provide(verifierOver(web()))))

  it.effect("RES-07: however the domain is written, it is one", () =>
    Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "Verified miss")
      for (const domain of ["Chat.Orchard.EXAMPLE", "chat.orchard.example.", "ｃhat。orchard.example"]) {
        assert.strictEqual(yield* ask({ domain }), "Verified memory", domain)
        assert.strictEqual<string>((yield* verify({ domain })).domain, "chat.orchard.example")
      }
    }).pipe(Effect.provide(verifierOver(web()))))
})

it.effect("CAC-01: material is remembered, and every verdict is made anew", () => {
  const web = makeWeb(published)
  return Effect.gen(function*() {
    yield* start
    assert.strictEqual(yield* ask(), "Verified miss")
    assert.strictEqual(yield* ask({ certificate: next }), "Verified memory")
    assert.strictEqual(yield* ask({ certificate: expired.pem }), "PresentedCertificateExpired -")
    assert.strictEqual(yield* ask(), "Verified memory")
    assert.strictEqual(web.asked.length, 1)
  }).pipe(Effect.provide(verifierOver(web)))
})

it.effect("CAC-13: an expired certificate is not valid, however fresh the material", () => {
  const json = fingerprintsDocument([expired], { expires: 86_400 })
  return Effect.gen(function*() {
    yield* at("2026-01-31T00:00:00Z")
    assert.strictEqual(yield* ask({ certificate: expired.pem }), "Verified miss")
    yield* at("2026-02-01T00:00:01Z")
    assert.strictEqual(yield* ask({ certificate: expired.pem }), "PresentedCertificateExpired -")
  }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json } }))))
})

describe("MAT-64: of several findings, the first in this order decides", () => {
  const rows: ReadonlyArray<
    readonly [name: string, page: Page, more: Partial<Question>, answer: string, requests: number]
  > = [
    [
      "the certificate, and no origin is asked",
      { status: 503 },
      { certificate: expired.pem },
      "PresentedCertificateExpired -",
      0
    ],
    ["no answer", { status: 503 }, { certificate: stranger.pem, nameCheck: "source" }, "ServerError miss", 1],
    ["no material", { status: 404 }, { certificate: stranger.pem, nameCheck: "source" }, "NotPublished miss", 2],
    [
      "unusable material",
      { json: {} },
      { certificate: stranger.pem, nameCheck: "source" },
      "UnknownDocumentShape miss",
      1
    ],
    ["no match", { json: onlyNext }, { certificate: stranger.pem, nameCheck: "source" }, "CertificateMismatch miss", 1],
    ["names", { json: fingerprints(60) }, { nameCheck: "source" }, "NameCheckFailed miss", 1],
    ["none of them", { json: fingerprints(60) }, {}, "Verified miss", 1]
  ]
  it.effect.each(rows)("%s", ([, page, more, answer, requests]) => {
    const web = makeWeb({ [rfc]: page })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(more), answer)
      assert.strictEqual(web.asked.length, requests)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("NEG-01: which generations are asked", () => {
  const rows = [
    ["rfc-then-draft", [rfc, draft], "Verified miss"],
    ["rfc-only", [rfc], "NotPublished miss"],
    ["draft-only", [draft], "Verified miss"]
  ] as const
  it.effect.each(rows)("%s", ([generations, urls, answer]) => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask({ generations }), answer)
      assert.deepStrictEqual<ReadonlyArray<string>>(web.asked, urls)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("ERR-04: what goes wrong in TLS is indeterminate, because an attacker could cause it, and ends nothing", () => {
  const codes = (Object.keys(failures) as ReadonlyArray<VerdictCode>).filter((code) => failures[code].stage === "tls")
  it("there are such codes", () => assert.isAtLeast(codes.length, 5))
  it.each(codes)("%s", (code) => {
    assert.strictEqual(failures[code].verdict, code === "PinMismatch" ? "unusable-material" : "indeterminate")
    assert.isTrue(isUnanswered(code))
    assert.isFalse(isWithdrawal(code))
  })
})
