import { assert, describe, it } from "@effect/vitest"
import {
  type CertificateOptions,
  greenhouse,
  seedCa,
  seedExample1,
  seedLeaf,
  selfSigned,
  UNKNOWN_EXTENSION
} from "@posh/testing"
import { Effect, Result } from "effect"
import { type LintCode, lintSummaries } from "../../src/Lint.ts"
import { lintLeaf } from "../../src/presented/LeafProfile.ts"
import { type Certificate, parseCertificate } from "../../src/x509/Certificate.ts"
import { membersOf } from "../forged.ts"

const serverAuth = "1.3.6.1.5.5.7.3.1"
const clientAuth = "1.3.6.1.5.5.7.3.2"
const anyPurpose = "2.5.29.37.0"

const rows: ReadonlyArray<{
  readonly name: string
  readonly options: CertificateOptions
  readonly codes: ReadonlyArray<LintCode>
}> = [
  { name: "a server's certificate", options: {}, codes: [] },
  { name: "no usage, no purpose", options: { keyUsage: [], extendedKeyUsage: [] }, codes: [] },
  { name: "keyEncipherment", options: { keyUsage: ["keyEncipherment"] }, codes: [] },
  { name: "keyAgreement", options: { keyUsage: ["keyAgreement", "cRLSign"] }, codes: [] },
  { name: "anyExtendedKeyUsage", options: { extendedKeyUsage: [anyPurpose] }, codes: [] },
  { name: "serverAuth among others", options: { extendedKeyUsage: [clientAuth, serverAuth] }, codes: [] },
  { name: "RSA 2048", options: { key: "rsa2048" }, codes: [] },
  { name: "Ed25519", options: { key: "ed25519" }, codes: [] },
  { name: "POSH-MAT-05: SHA-1", options: { hash: "SHA-1" }, codes: [] },
  { name: "a CA", options: { ca: true }, codes: ["LeafIsCa"] },
  { name: "nonRepudiation alone", options: { keyUsage: ["nonRepudiation"] }, codes: ["LeafKeyUsage"] },
  { name: "clientAuth alone", options: { extendedKeyUsage: [clientAuth] }, codes: ["LeafExtendedKeyUsage"] },
  {
    name: "an unknown critical extension",
    options: { criticalUnknown: true },
    codes: ["LeafUnknownCriticalExtension"]
  },
  { name: "RSA 1024", options: { key: "rsa1024" }, codes: ["LeafWeakKey"] },
  {
    name: "everything at once",
    options: {
      ca: true,
      keyUsage: ["keyCertSign"],
      extendedKeyUsage: [clientAuth],
      criticalUnknown: true,
      key: "rsa1024"
    },
    codes: ["LeafIsCa", "LeafKeyUsage", "LeafExtendedKeyUsage", "LeafUnknownCriticalExtension", "LeafWeakKey"]
  }
]

const codesOf = (certificate: Certificate) => lintLeaf(certificate).map(({ code }) => code)
const parse = (der: Uint8Array) => Result.getOrThrow(parseCertificate(der))

describe("lintLeaf (POSH-MAT-04)", () => {
  it.effect.each(rows)("$name", ({ codes, options }) =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned(options)
      assert.deepStrictEqual(codesOf(parse(der)), codes)
    }))

  it("published examples", () => {
    assert.deepStrictEqual(codesOf(parse(greenhouse.current)), [])
    assert.deepStrictEqual(codesOf(parse(seedLeaf(seedExample1))), [])
    assert.deepStrictEqual(codesOf(parse(seedCa)), ["LeafIsCa", "LeafKeyUsage"])
  })

  const key = (algorithm: Certificate["publicKey"]["algorithm"], bits: number): Certificate => ({
    ...membersOf(parse(greenhouse.current)),
    publicKey: { algorithm, bits, spki: new Uint8Array() }
  })
  it.each(
    [
      ["rsa", 2_047, ["LeafWeakKey"]],
      ["rsa", 2_048, []],
      ["rsa", 0, []],
      ["ec", 255, ["LeafWeakKey"]],
      ["ec", 256, []],
      ["other", 1, []]
    ] as const
  )("%s of %i bits", (algorithm, bits, codes) => {
    assert.deepStrictEqual(codesOf(key(algorithm, bits)), [...codes])
  })

  it.effect("says what is wrong", () =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned({ criticalUnknown: true, key: "rsa1024" })
      assert.deepStrictEqual(lintLeaf(parse(der)), [
        {
          code: "LeafUnknownCriticalExtension",
          severity: "warning",
          message: `${lintSummaries.LeafUnknownCriticalExtension}: ${UNKNOWN_EXTENSION}`
        },
        { code: "LeafWeakKey", severity: "warning", message: `${lintSummaries.LeafWeakKey}: rsa of 1024 bits` }
      ])
    }))

  it("POSH-SEC-14: messages are bounded", () => {
    const unknownCritical = Array.from({ length: 1_000 }, (_, index) => `1.3.6.1.4.1.${index}`)
    const [finding] = lintLeaf({ ...membersOf(parse(greenhouse.current)), unknownCritical })
    assert.isBelow(finding!.message.length, 400)
  })
})
