import { assert, describe, it } from "@effect/vitest"
import { forge } from "@posh/testing"
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import { anchorFault, makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"

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

  it("a set has the id of its certificates", () => {
    const both = ["One", "Two"].map((subject) => forge(undefined, { ca: true, subject }).der)
    assert.strictEqual(makeTrustAnchors(both).id, makeTrustAnchors(both).id)
    assert.notStrictEqual(makeTrustAnchors(both.slice(1)).id, makeTrustAnchors(both).id)
  })
})
