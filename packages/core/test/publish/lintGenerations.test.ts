import { assert, describe, it } from "@effect/vitest"
import { greenhouse, issue, jwkSetDocument, rootCa } from "@posh/testing"
import { Effect, Result } from "effect"
import { parseDocument } from "../../src/proof/posh/Document.ts"
import { lintGenerations } from "../../src/publish/lint.ts"

const now = greenhouse.at.getTime()
const read = (document: unknown, generation: "rfc7711" | "draft") =>
  Result.getOrThrow(parseDocument(new TextEncoder().encode(JSON.stringify(document)), {
    generation,
    acceptInterim: false,
    referenced: false,
    now
  }))

const compare = (fingerprints: unknown, jwkSet: unknown) => {
  const rfc = read(fingerprints, "rfc7711")
  const draft = read(jwkSet, "draft")
  assert(rfc._tag === "PublishedFingerprints" && draft._tag === "PublishedJwkSet")
  return lintGenerations(rfc.material, draft.material, now).map(({ code, path }) => `${code} ${path}`)
}

const [first, second] = greenhouse.fingerprints.fingerprints
const [key] = greenhouse.jwkSet.keys

describe("lintGenerations (NEG-07)", () => {
  it("finds nothing if both publish the same certificates", () =>
    assert.deepStrictEqual(compare(greenhouse.fingerprints, greenhouse.jwkSet), []))

  it("finds what only one of them publishes", () => {
    assert.deepStrictEqual(compare({ fingerprints: [first], expires: 60 }, greenhouse.jwkSet), [
      "GenerationsDisagree keys[1]"
    ])
    assert.deepStrictEqual(compare({ fingerprints: [first, second], expires: 60 }, { keys: [key] }), [
      "GenerationsDisagree fingerprints[1]"
    ])
  })

  it.effect("ignores expired entries", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const old = yield* issue(root, { notBefore: new Date(now - 2e9), notAfter: new Date(now - 1e9) })
      const keys = [...greenhouse.jwkSet.keys, ...jwkSetDocument([old]).keys]
      assert.deepStrictEqual(compare(greenhouse.fingerprints, { keys }), [])
    }))
})
