import { assert, describe, it } from "@effect/vitest"
import { type CertificateOptions, daysFromNow, greenhouse, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { hashNames } from "../../src/association/Material.ts"
import { toPresented } from "../../src/presented/Presented.ts"
import { type Document, parseDocument } from "../../src/proof/posh/Document.ts"
import { match } from "../../src/proof/posh/Matcher.ts"
import { type GeneratedDocument, generateDocument, type GenerateRequest } from "../../src/publish/generate.ts"
import { lintDocument } from "../../src/publish/lint.ts"
import type { Generation } from "../../src/question/Generation.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import { type Certificate, parseCertificate } from "../../src/x509/Certificate.ts"
import { membersOf } from "../forged.ts"

const service = (name: string) => Result.getOrThrow(parseService(name, registeredServices))
const server = service("xmpp-server")
const parse = (der: Uint8Array): Certificate => Result.getOrThrow(parseCertificate(der))
const [current, next] = [parse(greenhouse.current), parse(greenhouse.next)]
const now = greenhouse.at.getTime()

const generate = (request: GenerateRequest, at = now): GeneratedDocument =>
  Result.getOrThrow(generateDocument(request, server, at))

const make = (options: CertificateOptions = {}) =>
  Effect.map(selfSigned(options), ({ der }) => parse(new Uint8Array(der)))

describe("generateDocument: RFC 7711", () => {
  it("POSH-PUB-05, POSH-PUB-07: padded sha-256 and sha-512, the renewed certificate first", () => {
    const { contentType, document, path } = generate({ certificates: [current, next], generation: "rfc7711" })
    const [first, second] = JSON.parse(document).fingerprints
    assert.deepStrictEqual(first, greenhouse.fingerprints.fingerprints[0])
    assert.deepStrictEqual(Object.keys(second), ["sha-256", "sha-512"])
    assert.strictEqual(second["sha-256"], greenhouse.fingerprints.fingerprints[1]["sha-256"])
    assert.strictEqual(JSON.parse(document).expires, 86_400)
    assert.strictEqual(contentType, "application/json")
    assert.strictEqual(path, "/.well-known/posh/xmpp-server.json")
    assert.match(document, /^\{\n {2}"fingerprints"[^]*\}\n$/)
  })

  it("POSH-PUB-07: order by expiry, then by start, then by hash", () => {
    const day = 86_400_000
    const dated = (mark: number, notBefore: number, notAfter: number): Certificate => ({
      ...membersOf(current),
      sha256: new Uint8Array(32).fill(mark),
      notBefore: now + notBefore * day,
      notAfter: now + notAfter * day
    })
    const certificates = [dated(1, -9, 1), dated(4, -5, 9), dated(3, -5, 9), dated(5, -1, 9), dated(2, 5, 20)]
    const { document } = generate({ certificates, generation: "rfc7711" })
    const marks = JSON.parse(document).fingerprints.map((descriptor: Record<string, string>) =>
      Buffer.from(descriptor["sha-256"] ?? "", "base64")[0]
    )
    assert.deepStrictEqual(marks, [2, 5, 3, 4, 1])
  })

  it("POSH-MAT-02: a certificate is valid up to and including notAfter", () => {
    assert.include(generate({ certificates: [current], generation: "rfc7711" }, current.notAfter).document, "sha-256")
  })

  it("expires as given", () => {
    const { document } = generate({ certificates: [current], generation: "rfc7711", expires: 3_600 })
    assert.strictEqual(JSON.parse(document).expires, 3_600)
  })
})

describe("generateDocument: draft", () => {
  it("POSH-PUB-13: the worked example but for its key ids", () => {
    const { contentType, document, path } = generate({ certificates: [current, next], generation: "draft" })
    const kids = ["7ddd6ec2", "4f6e5353"]
    const keys = greenhouse.jwkSet.keys.map((key, index) => ({ ...key, kid: kids[index] }))
    assert.deepStrictEqual(JSON.parse(document), { keys })
    assert.strictEqual(contentType, "application/jwk-set+json")
    assert.strictEqual(path, "/.well-known/posh._xmpp-server._tcp.json")
  })

  it("POSH-FMT-34: an upper bound if requested", () => {
    const { document } = generate({ certificates: [current], generation: "draft", expires: 60 })
    assert.strictEqual(JSON.parse(document).expires, 60)
  })

  it("distinct kids for hashes with a common prefix", () => {
    const twin = {
      ...membersOf(next),
      sha256: Uint8Array.from(current.sha256, (octet, index) => index < 4 ? octet : octet ^ 1)
    }
    const { document } = generate({ certificates: [current, twin], generation: "draft" })
    const kids = JSON.parse(document).keys.map(({ kid }: { readonly kid: string }) => kid)
    assert.strictEqual(new Set(kids).size, 2)
    assert.deepStrictEqual(kids.map((kid: string) => kid.length), [16, 16])
  })
})

describe("generateDocument: reference (RFC 7711 §3.2)", () => {
  const { url } = greenhouse.reference

  it("the worked example", () => {
    const { contentType, document, path } = generate(greenhouse.reference)
    assert.deepStrictEqual(JSON.parse(document), greenhouse.reference)
    assert.strictEqual(contentType, "application/json")
    assert.strictEqual(path, "/.well-known/posh/xmpp-server.json")
  })

  it("expires defaults to one day", () => {
    assert.deepStrictEqual(JSON.parse(generate({ url }).document), { url, expires: 86_400 })
  })

  it("the path of the other service", () => {
    const { path } = Result.getOrThrow(generateDocument({ url }, service("xmpp-client"), now))
    assert.strictEqual(path, "/.well-known/posh/xmpp-client.json")
  })
})

describe("generateDocument: round trip", () => {
  const world = Effect.gen(function*() {
    const root = yield* rootCa()
    const chained = yield* issue(root, { dnsNames: ["chained.example"] })
    return [
      current,
      next,
      parse(new Uint8Array(root.der)),
      parse(new Uint8Array(chained.der)),
      yield* make({ key: "rsa2048" }),
      yield* make({ key: "p384" }),
      yield* make({ key: "ed25519" }),
      yield* make({ notBefore: daysFromNow(5), notAfter: daysFromNow(500) })
    ]
  })

  it.effect.each<Generation>(["rfc7711", "draft"])(
    "every certificate matches, and there is nothing to lint: %s",
    (generation) =>
      Effect.gen(function*() {
        const certificates = yield* world
        const at = daysFromNow(0).getTime()
        const { contentType, document } = generate({ certificates, generation }, at)
        const { material } = read(document, generation)
        for (const certificate of certificates) {
          const options = { now: at, hashes: hashNames, mode: "certificate", admits: () => true } as const
          assert.strictEqual(match(material, toPresented(certificate), options)._tag, "Matched")
        }
        assert.deepStrictEqual(lintDocument({ document, generation, now: at, contentType }), [])
      })
  )

  it("a reference", () => {
    const { contentType, document } = generate(greenhouse.reference)
    assert.deepStrictEqual(lintDocument({ document, generation: "rfc7711", now, contentType }), [])
  })

  it("duplicates are merged, and the order of the question makes no difference", () => {
    for (const generation of ["rfc7711", "draft"] as const) {
      const once = generate({ certificates: [next, current], generation })
      assert.deepStrictEqual(generate({ certificates: [current, next, parse(current.der)], generation }), once)
    }
  })
})

describe("generateDocument refuses", () => {
  const expired = now + 20 * 365 * 86_400_000
  const url = greenhouse.reference.url
  const many = Array.from({ length: 65 }, (_, index) => ({ ...membersOf(current), sha256: Uint8Array.of(index) }))
  const large = Array.from({ length: 10 }, (_, index) => ({
    ...membersOf(current),
    sha256: Uint8Array.of(index),
    der: new Uint8Array(32_000)
  }))
  const keyed = (spki: Uint8Array): Certificate => ({
    ...membersOf(current),
    publicKey: { algorithm: "other", bits: 0, spki }
  })
  const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({
    type: "spki",
    format: "der"
  })
  const draft = (certificates: ReadonlyArray<Certificate>) => ({ certificates, generation: "draft" }) as const

  const rfc = (certificates: ReadonlyArray<Certificate>, expires?: number): GenerateRequest => ({
    certificates,
    generation: "rfc7711",
    ...(expires === undefined ? {} : { expires })
  })

  const certificateRows: ReadonlyArray<{
    readonly name: string
    readonly request: GenerateRequest
    readonly detail: RegExp
    readonly at?: number
  }> = [
    { name: "no certificate", request: rfc([]), detail: /at least one/ },
    { name: "an expired certificate", request: rfc([current]), detail: /4f6e5353.*expired/, at: expired },
    {
      name: "an expired one among others",
      request: draft([next, { ...membersOf(current), notAfter: now - 1 }]),
      detail: /4f6e5353.*expired/
    },
    { name: "65 descriptors", request: rfc(many), detail: /64/ },
    { name: "33 keys", request: draft(many.slice(0, 33)), detail: /32/ },
    { name: "a set larger than verifiers read", request: draft(large), detail: /262144/ },
    { name: "a key on another curve", request: draft([keyed(secp256k1)]), detail: /fits no JWK Set/ },
    { name: "a malformed key", request: draft([keyed(new Uint8Array())]), detail: /fits no JWK Set/ }
  ]

  const refusal = (request: GenerateRequest, at = now) =>
    Result.getOrThrow(Result.flip(generateDocument(request, server, at)))

  it.each(certificateRows)("$name", ({ at, detail, request }) => {
    const error = refusal(request, at)
    assert.deepInclude(error, { code: "InvalidRequest", field: "certificates" })
    assert.match(error.detail, detail)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("POSH-PUB-06: expires %d", (expires) => {
    for (const request of [rfc([current], expires), { ...draft([current]), expires }, { url, expires }]) {
      assert.deepInclude(refusal(request), { code: "InvalidRequest", field: "expires" })
    }
  })

  const urls = [
    "http://posh.example/a",
    "/a",
    "//posh.example/a",
    "https:/posh.example/a",
    "https:posh.example",
    "https:\\\\posh.example\\a",
    "https://",
    "https://user@posh.example/a",
    "https://posh.example:8443/a",
    "https://192.0.2.1/a",
    "https://[2001:db8::1]/a",
    "https://2130706433/a",
    "https://localhost/a",
    "https://posh.example/a b",
    "https://posh.example/%zz",
    "",
    `https://posh.example/${"a".repeat(2_048)}`
  ]

  it.each(urls)("POSH-RES-82: url %s", (bad) => {
    assert.deepInclude(refusal({ url: bad, expires: 60 }), { code: "InvalidRequest", field: "url" })
  })
})

const read = (document: string, generation: Generation): Exclude<Document, { readonly _tag: "Reference" }> => {
  const options = { generation, acceptInterim: false, referenced: false, now }
  const published = Result.getOrThrow(parseDocument(new TextEncoder().encode(document), options))
  assert(published._tag !== "Reference")
  return published
}
