/** Hashes of something other than the certificate explain a mismatch, and are never a match (RFC 7711 §3.1, POSH-MAT-32). */
import { assert, describe, it } from "@effect/vitest"
import { selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import type { LintRequest } from "../../../src/publish/lint.ts"
import { lintDocument } from "../../../src/publish/lint.ts"
import { parseCertificate } from "../../../src/x509/Certificate.ts"
import { verify } from "../../asking.ts"
import { makeWeb, verifierOver } from "../../fakeFetcher.ts"
import { question, rfc, start } from "../../greenhouse.ts"

const valid = { notBefore: new Date("2026-06-01T00:00:00Z"), notAfter: new Date("2027-06-01T00:00:00Z") }
const leaf = await Effect.runPromise(selfSigned(valid))
const other = await Effect.runPromise(selfSigned(valid))
const parsed = Result.getOrThrow(parseCertificate(leaf.der))

// Written by OpenSSL, not by what is tested.
const x509 = new X509Certificate(leaf.der)
const pem = x509.toString()
const publicKeyPem = x509.publicKey.export({ type: "spki", format: "pem" }).toString()
const spki = x509.publicKey.export({ type: "spki", format: "der" })
const base64 = x509.raw.toString("base64")
const wrapped = pem.split("\n").slice(1, -2).join("\n")
const hex = x509.raw.toString("hex")
const colons = hex.toUpperCase().match(/../g)?.join(":") ?? ""
const dos = (text: string) => text.replaceAll("\n", "\r\n")

const inputs: ReadonlyArray<readonly [what: string, input: string | Uint8Array, found: string | undefined]> = [
  ["the public key", spki, "HashOfPublicKey: the SubjectPublicKeyInfo"],
  ["PEM of the public key", publicKeyPem, "HashOfPublicKey: its PEM text"],
  ["base64 of the public key", Buffer.from(spki).toString("base64"), "HashOfPublicKey: its base64 text"],
  ["PEM", pem, "HashOfText: the PEM text"],
  ["PEM without a line end", pem.trimEnd(), "HashOfText: the PEM text"],
  ["PEM of Windows", dos(pem), "HashOfText: the PEM text"],
  ["PEM of Windows without a line end", dos(pem.trimEnd()), "HashOfText: the PEM text"],
  ["base64", base64, "HashOfText: the base64 text"],
  ["base64 with a line end", `${base64}\n`, "HashOfText: the base64 text"],
  ["wrapped base64", wrapped, "HashOfText: the base64 text"],
  ["wrapped base64 with a line end", `${wrapped}\n`, "HashOfText: the base64 text"],
  ["hex", hex, "HashOfText: the text in hex"],
  ["hex in capitals", hex.toUpperCase(), "HashOfText: the text in hex"],
  ["hex with colons", colons, "HashOfText: the text in hex"],
  ["hex with a line end", `${hex}\n`, "HashOfText: the text in hex"],
  ["the certificate itself", leaf.der, undefined],
  [
    "another certificate's public key",
    new X509Certificate(other.der).publicKey.export({ type: "spki", format: "der" }),
    undefined
  ],
  ["nothing", "", undefined]
]

const algorithms = { "sha-1": "sha1", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512" } as const
type Name = keyof typeof algorithms
const published = (name: Name, input: string | Uint8Array, encoding: "base64" | "base64url" | "hex" = "base64") =>
  hash(algorithms[name], input, encoding)
const documentOf = (...descriptors: ReadonlyArray<object>) => ({ fingerprints: descriptors, expires: 3_600 })

const mistakes = new Set(["HashOfPublicKey", "HashOfText"])
const brief = (findings: ReadonlyArray<{ readonly code: string; readonly message: string; readonly path?: string }>) =>
  findings.filter(({ code }) => mistakes.has(code)).map(({ code, message, path = "" }) => [
    path,
    `${code}: ${message.split(": ").at(-1)}`
  ])

describe("a mismatch is explained in the evidence, and stays one", () => {
  it.effect.each(inputs)("a hash of %s", ([, input, found]) =>
    Effect.gen(function*() {
      yield* start
      const { code, evidence, valid } = yield* verify({ ...question, certificate: leaf.pem, generations: "rfc-only" })
      const isMatch = input === leaf.der
      assert.deepStrictEqual([valid, code], [isMatch, isMatch ? "Verified" : "CertificateMismatch"])
      assert.deepStrictEqual(
        brief(evidence.lints),
        found === undefined ? [] : [["fingerprints[1].sha-512", found], ["fingerprints[1].sha-256", found]]
      )
    }).pipe(Effect.provide(verifierOver(makeWeb({
      [rfc]: {
        json: documentOf(
          { "sha-256": published("sha-256", other.der) },
          { "sha-256": published("sha-256", input), "sha-512": published("sha-512", input) }
        )
      }
    })))))

  it.effect("also where a weaker hash is right", () =>
    Effect.gen(function*() {
      yield* start
      const { code, evidence } = yield* verify({ ...question, certificate: leaf.pem, generations: "rfc-only" })
      assert.strictEqual(code, "CertificateMismatch")
      assert.deepStrictEqual(brief(evidence.lints), [
        ["fingerprints[0].sha-512", "HashOfPublicKey: the SubjectPublicKeyInfo"]
      ])
    }).pipe(Effect.provide(verifierOver(makeWeb({
      [rfc]: { json: documentOf({ "sha-256": published("sha-256", leaf.der), "sha-512": published("sha-512", spki) }) }
    })))))

  it.effect("not where the question has no certificate", () =>
    Effect.gen(function*() {
      yield* start
      const { certificate: _, ...asked } = question
      const fingerprint = { "sha-256": published("sha-256", leaf.der, "hex") }
      const { evidence, valid } = yield* verify({ ...asked, fingerprint, generations: "rfc-only" })
      assert.deepStrictEqual([valid, brief(evidence.lints)], [false, []])
    }).pipe(Effect.provide(verifierOver(makeWeb({
      [rfc]: { json: documentOf({ "sha-256": published("sha-256", spki) }) }
    })))))
})

describe("lintDocument with a certificate", () => {
  const find = (document: object, more: Partial<LintRequest> = {}) =>
    lintDocument({
      document: JSON.stringify(document),
      generation: "rfc7711",
      now: Date.parse("2026-07-01T00:00:00Z"),
      certificate: parsed,
      ...more
    })

  it.each(inputs)("a hash of %s", (_, input, found) => {
    const findings = find(documentOf({ "sha-256": published("sha-256", input) }))
    assert.deepStrictEqual(brief(findings), found === undefined ? [] : [["fingerprints[0].sha-256", found]])
    assert.strictEqual(findings.some(({ code }) => code === "CertificateMismatch"), input !== leaf.der)
  })

  it.each<readonly [what: string, descriptor: object, path: string]>([
    ["SHA-1, which is no evidence", { "sha-1": published("sha-1", spki) }, "sha-1"],
    ["SHA-384", { "sha-384": published("sha-384", spki) }, "sha-384"],
    ["a name that there is not", { SHA256: published("sha-256", spki) }, "SHA256"],
    ["the length of another hash", { "sha-512": published("sha-256", spki) }, "sha-512"],
    ["hex", { "sha-256": published("sha-256", spki, "hex") }, "sha-256"],
    ["hex in capitals with colons", {
      "sha-256": published("sha-256", spki, "hex").toUpperCase().replace(/..(?=.)/g, "$&:")
    }, "sha-256"],
    ["hex with colons of the longest hash", {
      "sha-512": published("sha-512", spki, "hex").replace(/..(?=.)/g, "$&:")
    }, "sha-512"],
    ["base64 without padding", { "sha-256": published("sha-256", spki).replaceAll("=", "") }, "sha-256"],
    ["the other alphabet", { "sha-256": published("sha-256", spki, "base64url") }, "sha-256"]
  ])("sees the mistake in values that no verifier reads: %s", (_, descriptor, name) => {
    assert.deepStrictEqual(brief(find(documentOf(descriptor))), [
      [`fingerprints[0].${name}`, "HashOfPublicKey: the SubjectPublicKeyInfo"]
    ])
  })

  it.each<readonly [what: string, document: object]>([
    ["a reference", { url: "https://hosting.example/posh.json", expires: 60 }],
    ["no list", { fingerprints: "x", expires: 60 }],
    ["no objects", { fingerprints: [1, null, "x"], expires: 60 }],
    ["no text", documentOf({ "sha-256": 1, "sha-512": null, x: { y: "z" } })],
    ["long text", documentOf({ "sha-256": "A".repeat(10_000) })]
  ])("has nothing to explain in %s", (_, document) => {
    assert.deepStrictEqual(brief(find(document)), [])
  })

  it("says nothing without one", () => {
    const findings = find(documentOf({ "sha-256": published("sha-256", spki) }), { certificate: undefined as never })
    assert.deepStrictEqual(findings, [])
  })

  it.effect("explains nothing by a certificate of more than 8 KiB, for which it would take long", () =>
    Effect.gen(function*() {
      const dnsNames = Array.from({ length: 400 }, (_, index) => `a-name-that-is-rather-long-${index}.example`)
      const { der } = yield* selfSigned({ ...valid, dnsNames })
      const spki = new X509Certificate(der).publicKey.export({ type: "spki", format: "der" })
      const certificate = Result.getOrThrow(parseCertificate(der))
      const findings = find(documentOf({ "sha-256": published("sha-256", spki) }), { certificate })
      assert.deepStrictEqual(findings.map(({ code }) => code), ["CertificateMismatch"])
    }))

  it("keeps the number of findings bounded (POSH-FMT-08)", () => {
    const members = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`x${index}`, published("sha-256", spki)])
    )
    assert.isAtMost(brief(find(documentOf(members))).length, 100)
  })
})
