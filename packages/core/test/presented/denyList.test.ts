import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedCa, seedExample1, seedExample2, seedLeaf } from "@posh/testing"
import { Result } from "effect"
import { hash } from "node:crypto"
import { type Hashes, hashNames } from "../../src/association/Material.ts"
import { isDenied, isDeniedCertificate } from "../../src/presented/DenyList.ts"
import { toPresented } from "../../src/presented/Presented.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"

const digest = (name: keyof Hashes, der: Uint8Array): Uint8Array => hash(name.replace("-", ""), der, "buffer")

const denied = [
  ["example 1", seedLeaf(seedExample1)],
  ["example 2, key 0", seedLeaf(seedExample2, 0)],
  ["example 2, key 1", seedLeaf(seedExample2, 1)],
  ["the CA", seedCa]
] as const

const serial7 = Buffer.from("otyLADSKjRDjVpj8X7/hmCAD5C7Qe+PedcmYV7cUncE=", "base64")

describe("isDenied (POSH-SEC-06)", () => {
  it.each(denied.flatMap(([name, der]) => hashNames.map((algorithm) => [name, algorithm, der] as const)))(
    "%s by %s alone",
    (_, algorithm, der) => assert.isTrue(isDenied({ [algorithm]: digest(algorithm, der) }))
  )

  it("serial 7 by sha-256, the only hash of it that is known (A.3.10)", () => {
    assert.isTrue(isDenied({ "sha-256": serial7 }))
  })

  it.each([["current", greenhouse.current], ["next", greenhouse.next]] as const)("not %s", (_, der) => {
    assert.isFalse(isDenied(Object.fromEntries(hashNames.map((name) => [name, digest(name, der)]))))
  })

  it("one hash of a denied certificate is enough", () => {
    assert.isTrue(isDenied({ "sha-256": serial7, "sha-512": digest("sha-512", greenhouse.next) }))
  })

  it("a hash under another name, a prefix of one, and no hash are not denied", () => {
    assert.isFalse(isDenied({ "sha-384": serial7 }))
    assert.isFalse(isDenied({ "sha-256": serial7.subarray(0, 31) }))
    assert.isFalse(isDenied({}))
  })
})

describe("isDeniedCertificate (POSH-SEC-06)", () => {
  const text = (der: Uint8Array) => Buffer.from(digest("sha-256", der)).toString("base64")
  it.each(denied)("%s", (_, der) => assert.isTrue(isDeniedCertificate(text(der))))

  it("serial 7", () => assert.isTrue(isDeniedCertificate(serial7.toString("base64"))))

  it.each([["current", greenhouse.current], ["next", greenhouse.next]] as const)(
    "not %s",
    (_, der) => assert.isFalse(isDeniedCertificate(text(der)))
  )

  it("a certificate in question is denied as its hashes are", () => {
    for (const der of [...denied.map(([, der]) => der), greenhouse.next]) {
      const presented = toPresented(Result.getOrThrow(parseCertificate(der)))
      assert.strictEqual(presented.isDenied, isDenied(presented.hashes))
    }
  })
})
