import { assert, describe, it } from "@effect/vitest"
import { forge } from "@posh/testing"
import { Result } from "effect"
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"
import { findPath } from "../../../src/x509/path/findPath.ts"
import { anchorFault, makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"

describe("anchors", () => {
  it("Mozilla's roots can all serve", () => {
    const faults = rootCertificates.map((pem) => anchorFault(new Uint8Array(new X509Certificate(pem).raw)))
    assert.deepStrictEqual(faults.filter((fault) => fault !== undefined), [])
  })
})

describe("findPath", () => {
  it("simple", () => {
    const root = forge(undefined, { ca: true, subject: "Root" })
    const middle = forge(root, { ca: true, subject: "Middle" })
    const leaf = forge(middle)
    const now = Date.UTC(2026, 5)
    const found = findPath({ leaf: leaf.der, intermediates: [middle.der], anchors: makeTrustAnchors([root.der]), now })
    assert.deepStrictEqual(Result.map(found, ({ certificates }) => certificates.length), Result.succeed(3))
    const incomplete = findPath({ leaf: leaf.der, intermediates: [], anchors: makeTrustAnchors([root.der]), now })
    assert.deepStrictEqual(Result.mapError(incomplete, ({ reason }) => reason), Result.fail("incomplete" as const))
  })
})
