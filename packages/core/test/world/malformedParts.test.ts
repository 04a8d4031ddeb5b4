/**
 * A certificate is more than its worst part (POSH-MAT-07): what decides nothing may be malformed, for verdicts in both
 * generations and for publishers. The checks that a question or a deployment asks for fail closed.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { base64, Behave } from "@posh/testing"
import { Effect, Layer, Result } from "effect"
import { lintLeaf } from "../../src/presented/LeafProfile.ts"
import { generateDocument } from "../../src/publish/generate.ts"
import { lintDocument } from "../../src/publish/lint.ts"
import type { Generation } from "../../src/question/Generation.ts"
import type { Question } from "../../src/question/Question.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import { Verifier } from "../../src/Verifier.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"
import { verify } from "../asking.ts"
import { bits } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "../x509/chain/der.ts"
import { certificate, common, extension, makeKeys, type Parts, yes } from "../x509/chain/forge.ts"
import { draftPath, layerVerifier, layerWorld, rfcPath, World, worldPolicy } from "./world.ts"

const domain = "malformed.example"
const server = Result.getOrThrow(parseService("xmpp-server", registeredServices))

interface Row {
  readonly what: string
  readonly parts: Parts
  readonly fault: RegExp
  /** What `nameCheck` finds: a name that can be read, or none. */
  readonly named?: boolean
  /** Without a key that can be read, there is no JWK Set. */
  readonly keyless?: boolean
  /** Path validation reads single names only below name constraints (RFC 5280 §6.1.3). */
  readonly nameAlone?: boolean
}

const own = text(0x82, domain)
const san = (...names: ReadonlyArray<Uint8Array>) => extension("2.5.29.17", sequence(...names))
const withNames = (...names: ReadonlyArray<Uint8Array>): Parts => ({ extensions: [san(...names)] })
const named = extension("2.5.29.17", sequence(own))
const beside = (...extensions: ReadonlyArray<Uint8Array>): Parts => ({ extensions: [named, ...extensions] })
const xmppAddr = oid("1.3.6.1.5.5.7.8.5")
const ber = Uint8Array.of(0x30, 0x80, 0, 0)
const curve = sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))

const rows: ReadonlyArray<Row> = [
  // Every self-made certificate of a widespread XMPP server, December 2016 to February 2018.
  {
    what: "an XmppAddr without the tag of its value",
    parts: withNames(tlv(0xa0, xmppAddr, text(0x0c, domain))),
    fault: /2\.5\.29\.17: 1 of 1 names malformed \(an otherName/,
    nameAlone: true
  },
  {
    what: "the same beside a DNS name",
    parts: withNames(tlv(0xa0, xmppAddr, text(0x0c, domain)), own),
    fault: /1 of 2 names/,
    named: true,
    nameAlone: true
  },
  { what: "a DNS name in UTF-8", parts: withNames(text(0x82, "bücher.example")), fault: /not ASCII/, nameAlone: true },
  {
    what: "an address of five octets",
    parts: withNames(own, tlv(0x87, new Uint8Array(5))),
    fault: /octets/,
    named: true,
    nameAlone: true
  },
  { what: "names in BER", parts: { extensions: [extension("2.5.29.17", ber)] }, fault: /2\.5\.29\.17 is malformed/ },
  { what: "names of another kind", parts: { extensions: [extension("2.5.29.17", own)] }, fault: /2\.5\.29\.17/ },
  { what: "two lists of names", parts: beside(san(text(0x82, "other.example"))), fault: /2\.5\.29\.17 occurs twice/ },
  {
    what: "an unknown extension twice",
    parts: beside(extension("1.2.3", ber), extension("1.2.3", ber)),
    fault: /1\.2\.3 occurs twice/,
    named: true
  },
  {
    what: "a key usage of no bits",
    parts: beside(extension("2.5.29.15", tlv(0x03), yes)),
    fault: /2\.5\.29\.15 is malformed/,
    named: true
  },
  {
    what: "a key usage whose unused bits are set",
    parts: beside(extension("2.5.29.15", bits(7, 0xff), yes)),
    fault: /2\.5\.29\.15 is malformed/,
    named: true
  },
  {
    what: "constraints in BER",
    parts: beside(extension("2.5.29.19", ber, yes)),
    fault: /2\.5\.29\.19 is malformed/,
    named: true
  },
  {
    what: "purposes that are none",
    parts: beside(extension("2.5.29.37", sequence(text(0x0c, "server")))),
    fault: /2\.5\.29\.37 is malformed/,
    named: true
  },
  {
    what: "a criticality in BER",
    parts: beside(sequence(oid("2.5.29.15"), tlv(0x01, Uint8Array.of(1)), tlv(0x04, bits(7, 0x80)))),
    fault: /an extension is malformed/,
    named: true
  },
  {
    what: "extensions in BER",
    parts: { rest: Buffer.concat([Uint8Array.of(0xa3, 0x80), sequence(named), new Uint8Array(2)]) },
    fault: /its extensions are malformed/
  },
  {
    what: "a length of more octets than needed",
    parts: { rest: Buffer.concat([Uint8Array.of(0xa3, 0x82, 0), tlv(0, sequence(named)).subarray(1)]) },
    fault: /its extensions are malformed/
  },
  {
    what: "200 extensions",
    parts: beside(...Array.from({ length: 200 }, (_, index) => extension(`1.2.3.${index}`, tlv(0x05)))),
    fault: /more than 128/
  },
  { what: "a subject of half characters", parts: { subject: name(["2.5.4.3", 0x1e, "odd"]) }, fault: /subject/ },
  { what: "a subject in BER", parts: { subject: sequence(ber) }, fault: /its subject is malformed/ },
  { what: "no serial number", parts: { ...beside(), serial: tlv(0x02) }, fault: /serial number/, named: true },
  {
    what: "a padded serial number",
    parts: { ...beside(), serial: tlv(0x02, Uint8Array.of(0, 1)) },
    fault: /serial number/,
    named: true
  },
  {
    what: "a version of another kind",
    parts: { ...beside(), version: [tlv(0xa0, text(0x0c, "3"))] },
    fault: /its version is malformed/,
    named: true
  },
  {
    what: "two signature algorithms",
    parts: { ...beside(), inner: sequence(oid("1.2.840.113549.1.1.11"), tlv(0x05)) },
    fault: /two signature algorithms/,
    named: true
  },
  {
    what: "a signature of a broken octet",
    parts: { ...beside(), signature: bits(9, 1) },
    fault: /signature/,
    named: true
  },
  {
    what: "a public key of nothing",
    parts: { ...beside(), spki: sequence(curve, tlv(0x03)) },
    fault: /its public key is malformed/,
    named: true,
    keyless: true
  },
  {
    what: "a public key of another structure",
    parts: { ...beside(), spki: sequence(text(0x0c, "a key")) },
    fault: /its public key is malformed/,
    named: true,
    keyless: true
  }
]

const caKeys = makeKeys()
const caOf = (...extensions: ReadonlyArray<Uint8Array>) =>
  certificate({
    subject: common("CA"),
    issuer: common("CA"),
    keys: caKeys,
    issuerKeys: caKeys,
    extensions: [extension("2.5.29.19", sequence(yes), yes), ...extensions]
  })
const ca = caOf()
const network = tlv(0x87, Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0))
const limitedCa = caOf(extension("2.5.29.30", sequence(tlv(0xa0, sequence(own), sequence(network))), yes))
const derOf = (parts: Parts) => certificate({ issuer: common("CA"), issuerKeys: caKeys, ...parts })
const generate = (der: Uint8Array, generation: Generation) =>
  Result.map(
    generateDocument({ certificates: [Result.getOrThrow(parseCertificate(der))], generation }, server, Date.now()),
    ({ document }): object => JSON.parse(document)
  )

/** The document with a CA above each certificate. */
const withIssuer = (
  issuer: Uint8Array,
  jwks: { readonly keys?: ReadonlyArray<{ readonly x5c: ReadonlyArray<string> }> }
) => ({ keys: jwks.keys?.map((key) => ({ ...key, x5c: [...key.x5c, base64(issuer)] })) })

/** The verdict where the domain publishes this at this path alone. */
const ask = (path: string, document: object, question: Partial<Question>) =>
  Effect.gen(function*() {
    const { removeRoute, setRoute } = yield* World
    const { forget } = yield* Verifier
    for (const other of [rfcPath, draftPath]) removeRoute(domain, other)
    setRoute(domain, path, Behave.json(document))
    yield* Effect.orDie(forget(domain, "xmpp-server"))
    return yield* verify({ domain, service: "xmpp-server", ...question })
  })

const budgets = { ...worldPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 }
const world = layerWorld({})
const reporting = layerVerifier({ budgets }).pipe(Layer.provideMerge(world))
const enforcing = layerVerifier({ budgets, leafProfile: "enforce" }).pipe(Layer.provideMerge(world))

layer(reporting, { excludeTestServices: true })("the domain lists exactly this certificate", (it) => {
  it.effect.each(rows)("RFC 7711: $what", ({ fault, named = false, parts }) =>
    Effect.gen(function*() {
      const der = derOf(parts)
      const published = Result.getOrThrow(generate(der, "rfc7711"))
      const question = { certificate: base64(der) }
      const { code, evidence } = yield* ask(rfcPath, published, question)
      assert.strictEqual(code, "Verified")
      assert.strictEqual(evidence.names?.source, named)
      assert.match(evidence.lints.find(({ code }) => code === "LeafPartsMalformed")?.message ?? "", fault)
      const checked = yield* ask(rfcPath, published, { ...question, nameCheck: "source" })
      assert.strictEqual(checked.code, named ? "Verified" : "NameCheckFailed")
    }))

  const jwks = rows.filter(({ keyless }) => keyless !== true)
  it.effect.each(jwks)("draft: $what", ({ nameAlone = false, named = false, parts }) =>
    Effect.gen(function*() {
      const der = derOf(parts)
      const published = Result.getOrThrow(generate(der, "draft"))
      const question = { certificate: base64(der) }
      assert.strictEqual((yield* ask(draftPath, published, question)).code, "Verified")
      const checked = yield* ask(draftPath, published, { ...question, nameCheck: "source" })
      assert.strictEqual(checked.code, named ? "Verified" : "NameCheckFailed")
      for (const issuer of [ca, limitedCa]) {
        const above = withIssuer(issuer, published)
        assert.strictEqual((yield* ask(draftPath, above, question)).code, "Verified")
        const chained = yield* ask(draftPath, above, { ...question, chainCheck: "require" })
        assert.strictEqual(chained.code, nameAlone && issuer === ca ? "Verified" : "ChainInvalid")
      }
    }))

  it.effect.each([ca, limitedCa])(
    "the same chain is valid without the malformed part",
    (issuer) =>
      Effect.gen(function*() {
        const der = derOf(beside())
        const above = withIssuer(issuer, Result.getOrThrow(generate(der, "draft")))
        const { code } = yield* ask(draftPath, above, { certificate: base64(der), chainCheck: "require" })
        assert.strictEqual(code, "Verified")
      })
  )
})

layer(enforcing, { excludeTestServices: true })("the profile is enforced", (it) => {
  it.effect.each(rows)("$what", ({ parts }) =>
    Effect.gen(function*() {
      const der = derOf(parts)
      const published = Result.getOrThrow(generate(der, "rfc7711"))
      const { code } = yield* ask(rfcPath, published, { certificate: base64(der) })
      assert.strictEqual(code, "PresentedCertificatePolicyViolation")
    }))
})

describe("publishers", () => {
  it.each(rows)("are told of $what", ({ fault, keyless = false, parts }) => {
    const der = derOf(parts)
    const document = generate(der, "draft")
    assert.strictEqual(Result.isFailure(document), keyless)
    assert.match(lintLeaf(Result.getOrThrow(parseCertificate(der))).map(({ message }) => message).join(), fault)
    if (Result.isFailure(document)) return
    const findings = lintDocument({
      document: JSON.stringify(document.success),
      generation: "draft",
      now: Date.now(),
      contentType: "application/jwk-set+json"
    })
    assert.deepStrictEqual(findings.map(({ code, path }) => [code, path]), [["LeafPartsMalformed", "keys[0].x5c[0]"]])
  })
})
