import { assert, describe, it } from "@effect/vitest"
import { createHash, createPublicKey, X509Certificate } from "node:crypto"
import { greenhouse, seedCa, seedDay, seedExample1, seedExample2, seedLeaf, sha256Base64 } from "../src/index.ts"

describe("seed examples", () => {
  const rows = [
    ["example 1, key 0", seedLeaf(seedExample1), 903, "4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ="],
    ["example 2, key 0", seedLeaf(seedExample2, 0), 867, "blxLFlPErNWcGwe1ZUhsLvYWYd0qEZotvAxtHT4XHb8="],
    ["example 2, key 1", seedLeaf(seedExample2, 1), 913, "FYqcUo3jp6nwqCRuwVwgJDEVm0r3BNQC9TOyTDgJvqg="],
    ["issuer", seedCa, 861, "QSzEovBUUH0B3RBasK9wG1plcVZYhXQuz8srcsHbDUs="]
  ] as const
  for (const [name, der, size, hash] of rows) {
    it(`${name} is that of appendix A`, () => {
      assert.strictEqual(der.length, size)
      assert.strictEqual(sha256Base64(der), hash)
      const { validFromDate, validToDate } = new X509Certificate(der)
      assert.isTrue(validFromDate <= seedDay && seedDay <= validToDate)
    })
  }
})

describe("greenhouse", () => {
  it("is consistent with itself", () => {
    const { current, fingerprints, jwkSet, next } = greenhouse
    assert.strictEqual(fingerprints.fingerprints[0]["sha-256"], sha256Base64(next))
    assert.strictEqual(fingerprints.fingerprints[0]["sha-512"], createHash("sha512").update(next).digest("base64"))
    assert.strictEqual(fingerprints.fingerprints[1]["sha-256"], sha256Base64(current))
    jwkSet.keys.forEach(({ crv, kty, x, x5c: [leaf], y }) => {
      const certificate = new X509Certificate(Buffer.from(leaf, "base64"))
      assert.isTrue(certificate.publicKey.equals(createPublicKey({ format: "jwk", key: { kty, crv, x, y } })))
      assert.strictEqual(certificate.subjectAltName, `DNS:${greenhouse.provider}`)
    })
  })
})
