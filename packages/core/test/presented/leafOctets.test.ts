/** A leaf before it is parsed: its octets and their digest. */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import { createHash, X509Certificate } from "node:crypto"
import { readLeafOctets } from "../../src/presented/leafOctets.ts"
import { parsePresented, presentLeaf } from "../../src/presented/parsePresented.ts"

const { current, next } = greenhouse
const pem = (der: Uint8Array) => new X509Certificate(der).toString()
const sha256 = (octets: Uint8Array) => createHash("sha256").update(octets).digest("base64")

describe("readLeafOctets", () => {
  it.each([
    ["PEM", { certificate: pem(next) }, "certificate", "nothing"],
    ["base64", { certificate: Buffer.from(next).toString("base64") }, "certificate", "nothing"],
    ["PEM with issuers behind", { certificate: pem(next) + pem(current) }, "certificate", "current"],
    ["a chain", { chain: [pem(next), pem(current)] }, "chain[0]", "current"]
  ])("reads the leaf of %s", (_, question, field, comesWith) => {
    const leaf = Result.getOrThrow(readLeafOctets(question))
    const { der, issuers, ...rest } = leaf
    assert.deepStrictEqual(rest, { sha256Text: sha256(next), field })
    assert.deepStrictEqual(Uint8Array.from(der), next)
    assert.deepStrictEqual(issuers.map((issuer) => Uint8Array.from(issuer)), comesWith === "current" ? [current] : [])
  })

  it("parses nothing: what is no certificate has a digest too, and is refused when it is presented", () => {
    const leaf = Result.getOrThrow(readLeafOctets({ certificate: "aGVsbG8=" }))
    assert.strictEqual(leaf.sha256Text, sha256(Buffer.from("hello")))
    assert.match(Result.getOrThrow(Result.flip(presentLeaf(leaf))).detail, /not exactly one DER value/)
  })
})

describe("presentLeaf", () => {
  it("keeps octets of its own, which no later text overwrites", () => {
    const leaf = Result.getOrThrow(readLeafOctets({ certificate: pem(next) }))
    const presented = Result.getOrThrow(presentLeaf(leaf))
    leaf.der.fill(0)
    const { der = new Uint8Array() } = presented.certificate ?? {}
    assert.deepStrictEqual([der, der.buffer.byteLength], [next, next.length])
    assert.deepStrictEqual([presented.certificate?.faults, presented.lints], [[], []])
  })

  it("presents what parsePresented does", () => {
    const question = { domain: "", service: "", chain: [pem(next)] }
    const [one, other] = [Result.flatMap(readLeafOctets(question), presentLeaf), parsePresented(question)]
      .map(Result.getOrThrow)
    for (const name of ["sha-256", "sha-384", "sha-512"] as const) {
      const expected = createHash(name.replace("-", "")).update(next).digest("hex")
      assert.strictEqual(Buffer.from(one?.hashes[name] ?? []).toString("hex"), expected)
      assert.strictEqual(Buffer.from(other?.hashes[name] ?? []).toString("hex"), expected)
    }
    assert.strictEqual(one?.sha256Text, other?.sha256Text)
  })
})
