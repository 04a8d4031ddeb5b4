import { assert, describe, it } from "@effect/vitest"
import { forge, forgedExtension, forgeKeys, type ForgeOptions, generalName, nameConstraints } from "@posh/testing"
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import { anchorFault, makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"

const inhibitAnyPolicy = forgedExtension("2.5.29.54", Uint8Array.of(2, 1, 0))

describe("trust anchors", () => {
  const roots = rootCertificates.map((pem) => new Uint8Array(new X509Certificate(pem).raw))

  it("POSH-SEC-22: each of Mozilla's roots can serve", () => {
    assert.isAbove(roots.length, 100)
    assert.deepStrictEqual(roots.flatMap((der) => anchorFault(der) ?? []), [])
  })

  it("what is no CA cannot", () => {
    assert.match(anchorFault(forge(undefined).der) ?? "", /no CA/)
    assert.match(anchorFault(Uint8Array.of(1)) ?? "", /malformed/)
  })

  const refused: ReadonlyArray<readonly [name: string, options: ForgeOptions, fault: RegExp]> = [
    ["RFC 5280 §4.2.1.14: inhibitAnyPolicy that is not critical", { more: [inhibitAnyPolicy] }, /inhibitAnyPolicy/],
    ["RFC 5280 §4.2.1.10: name constraints that are not critical", {
      instead: {
        nameConstraints: forgedExtension("nameConstraints", nameConstraints([generalName.dns("a.example")], []))
      }
    }, /must be critical/],
    ["RFC 9325 §4.5: a short key", { keys: forgeKeys(1_024) }, /too weak/],
    ["version 1", { version: 1 }, /no CA/]
  ]

  it.each(refused)("%s: cannot", (_, options, fault) => {
    assert.match(anchorFault(forge(undefined, { ca: true, ...options }).der) ?? "", fault)
  })

  it("a set has the id of its certificates", () => {
    const both = ["One", "Two"].map((subject) => forge(undefined, { ca: true, subject }).der)
    assert.strictEqual(makeTrustAnchors(both).id, makeTrustAnchors(both).id)
    assert.notStrictEqual(makeTrustAnchors(both.slice(1)).id, makeTrustAnchors(both).id)
  })
})
