import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import type { DocumentOptions } from "../../../src/proof/posh/Document.ts"
import {
  type Body,
  draft,
  interim,
  judge,
  lintsOf,
  parse,
  published,
  reference,
  referenced,
  rfc,
  some
} from "./documents.ts"

describe("worked examples (1.6)", () => {
  it("fingerprints", () => {
    const document = Result.getOrThrow(parse(greenhouse.fingerprints, rfc))
    assert.deepInclude(document, { _tag: "PublishedFingerprints", expires: 86_400, lints: [] })
    const descriptors = document._tag === "PublishedFingerprints" ? document.material.descriptors : []
    assert.deepStrictEqual(
      descriptors.map(({ hashes, index }) => [index, Object.keys(hashes).toSorted()]),
      [[0, ["sha-256", "sha-512"]], [1, ["sha-256"]]]
    )
    assert.strictEqual(Buffer.from(descriptors[1]?.hashes["sha-256"] ?? []).toString("base64"), some["sha-256"])
  })

  it("reference", () =>
    assert.deepStrictEqual(
      Result.getOrThrow(parse(greenhouse.reference, rfc)),
      { _tag: "Reference", url: greenhouse.reference.url, expires: 3_600, lints: [] }
    ))

  it("JWK Set", () => {
    const document = Result.getOrThrow(parse(greenhouse.jwkSet, draft))
    const entries = document._tag === "PublishedJwkSet" ? document.material.entries : []
    assert.deepStrictEqual(entries.map(({ index, kid }) => [index, kid]), [[0, "greenhouse-next"], [
      1,
      "greenhouse-current"
    ]])
    assert.deepStrictEqual(entries.map(({ chain }) => chain), [[greenhouse.next], [greenhouse.current]])
    assert.deepStrictEqual(
      entries.map(({ sha256 }) => Buffer.from(sha256).toString("base64")),
      [greenhouse.fingerprints.fingerprints[0]["sha-256"], greenhouse.fingerprints.fingerprints[1]["sha-256"]]
    )
    assert.deepStrictEqual(entries.map(({ notAfter }) => new Date(notAfter).toISOString().slice(0, 10)), [
      "2036-06-05",
      "2036-01-05"
    ])
    assert.deepStrictEqual([document.expires, document.lints], [undefined, []])
  })

  it.each(greenhouse.refused.map((row, index) => [`${index} ${row.code}`, row] as const))(
    "%s",
    (_, { code, generation, text }) => assert.strictEqual(judge(text, generation === "draft" ? draft : rfc), code)
  )
})

describe("decoding (1.1)", () => {
  it.each<[string, Body, DocumentOptions, string]>([
    ["FMT-01 invalid UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), rfc, "InvalidEncoding"],
    ["FMT-02 nothing", "", rfc, "InvalidJson"],
    ["FMT-02 HTML", "<!doctype html>", rfc, "InvalidJson"],
    ["FMT-02 a line break in a string", `{"fingerprints":[{"sha-256":"T25T\nU1v"}],"expires":60}`, rfc, "InvalidJson"],
    ["FMT-02 an array", "[]", rfc, "NotAnObject"],
    ["FMT-02 null", "null", rfc, "NotAnObject"],
    ["FMT-02 a string", `"{}"`, rfc, "NotAnObject"],
    ["FMT-03 at the top", `{"x":1,"x":2,"fingerprints":[],"expires":0}`, rfc, "DuplicateMember"],
    ["FMT-03 in a descriptor", `{"fingerprints":[{"x":1},{"x":1,"x":2}],"expires":60}`, rfc, "DuplicateMember"],
    ["FMT-03 in a JWK", `{"keys":[{"kty":"RSA","kty":"RSA"}]}`, draft, "DuplicateMember"],
    [
      "FMT-04 not in what is ignored",
      `{"fingerprints":[${JSON.stringify(some)}],"expires":60,"x":{"y":1,"y":2}}`,
      rfc,
      "PublishedFingerprints"
    ],
    [
      "FMT-04 unknown members",
      { ...published, x: { keys: [] }, fingerprint: 1, Keys: [] },
      rfc,
      "PublishedFingerprints"
    ],
    ["FMT-05 upper case", { Fingerprints: [some], expires: 60 }, rfc, "UnknownDocumentShape"],
    ["FMT-06 another order", `{"expires":60,"fingerprints":[${JSON.stringify(some)}]}`, rfc, "PublishedFingerprints"],
    ["FMT-07 __proto__", `{"__proto__":${JSON.stringify(published)}}`, rfc, "UnknownDocumentShape"],
    [
      "FMT-07 __proto__ in a descriptor",
      `{"fingerprints":[{"__proto__":${JSON.stringify(some)}}],"expires":60}`,
      rfc,
      "NoUsableFingerprints"
    ],
    ["FMT-07 constructor", `{"constructor":{"keys":[]},"toString":1}`, rfc, "UnknownDocumentShape"],
    ["FMT-08 17 levels", `{"fingerprints":[${"[".repeat(15)}${"]".repeat(15)}],"expires":60}`, rfc, "LimitExceeded"],
    [
      "FMT-08 64 KiB",
      `${JSON.stringify(published)}${" ".repeat(65_536 - JSON.stringify(published).length)}`,
      rfc,
      "PublishedFingerprints"
    ],
    [
      "FMT-08 more",
      `${JSON.stringify(published)}${" ".repeat(65_537 - JSON.stringify(published).length)}`,
      rfc,
      "BodyTooLarge"
    ],
    [
      "FMT-08 256 KiB",
      `${JSON.stringify(greenhouse.jwkSet)}${" ".repeat(262_144 - JSON.stringify(greenhouse.jwkSet).length)}`,
      draft,
      "PublishedJwkSet"
    ],
    [
      "FMT-08 more for JWK Sets",
      `${JSON.stringify(greenhouse.jwkSet)}${" ".repeat(262_145 - JSON.stringify(greenhouse.jwkSet).length)}`,
      draft,
      "BodyTooLarge"
    ]
  ])("%s", (_, body, options, expected) => assert.strictEqual(judge(body, options), expected))

  it("FMT-01 a byte order mark is skipped with a finding", () => {
    assert.strictEqual(judge(`\ufeff${JSON.stringify(published)}`, rfc), "PublishedFingerprints")
    assert.deepStrictEqual(lintsOf(`\ufeff${JSON.stringify(published)}`, rfc), ["ByteOrderMark"])
  })
})

describe("classification (1.5, 8.1)", () => {
  it.each<[string, Body, DocumentOptions, string]>([
    ["FMT-70 none", {}, rfc, "UnknownDocumentShape"],
    ["FMT-70 expires alone", { expires: 60 }, rfc, "UnknownDocumentShape"],
    ["FMT-70 keys and fingerprints", { keys: [], fingerprints: [] }, draft, "AmbiguousDocument"],
    ["FMT-70 keys and url", { keys: [], url: "" }, rfc, "AmbiguousDocument"],
    ["FMT-49 fingerprints and url", { ...published, url: null }, rfc, "AmbiguousDocument"],
    ["FMT-70 ambiguity before generation", { fingerprints: [], url: "" }, draft, "AmbiguousDocument"],
    ["FMT-70 ambiguity before nesting", { keys: [], url: "" }, referenced, "AmbiguousDocument"],
    ["FMT-71 JWK Set at the other path", greenhouse.jwkSet, rfc, "GenerationMismatch"],
    ["FMT-71 before the shape", { keys: 1 }, rfc, "GenerationMismatch"],
    ["FMT-71 fingerprints at the other path", published, draft, "GenerationMismatch"],
    ["FMT-71 reference at the other path", reference, draft, "GenerationMismatch"],
    ["FMT-63 fingerprints behind a reference", published, referenced, "PublishedFingerprints"],
    ["FMT-63 a second reference", reference, referenced, "NestedReference"],
    ["FMT-63 a second reference, withdrawn", { ...reference, expires: 0 }, referenced, "NestedReference"],
    ["FMT-63 a JWK Set behind a reference", greenhouse.jwkSet, referenced, "GenerationMismatch"],
    ["NEG-08 interim fingerprints", published, interim, "PublishedFingerprints"],
    ["NEG-08 interim reference", reference, interim, "Reference"],
    ["NEG-08 interim set", { ...greenhouse.jwkSet, expires: 60 }, interim, "PublishedJwkSet"],
    [
      "NEG-08 fingerprints behind an interim reference",
      published,
      { ...interim, referenced: true },
      "PublishedFingerprints"
    ],
    ["NEG-08 a second interim reference", reference, { ...interim, referenced: true }, "NestedReference"],
    [
      "NEG-08 changes nothing at the other path",
      greenhouse.jwkSet,
      { ...rfc, acceptInterim: true },
      "GenerationMismatch"
    ]
  ])("%s", (_, body, options, expected) => assert.strictEqual(judge(body, options), expected))

  it.each<[string, Body, DocumentOptions, RegExp]>([
    ["fingerprints", published, draft, /draft-ietf-xmpp-posh-01 to -04/],
    ["references", reference, draft, /draft-miller-posh-01 to draft-ietf-xmpp-posh-04/],
    ["JWK Sets", greenhouse.jwkSet, rfc, /path of the draft generation/],
    ["JWK Sets behind references", greenhouse.jwkSet, referenced, /only fingerprints may stand there/]
  ])(
    "NEG-08 the detail names the interim format or the right place: %s",
    (_, body, options, expected) =>
      assert.match(Result.getOrUndefined(Result.flip(parse(body, options)))?.detail ?? "", expected)
  )
})
