import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Body, judge, lintsOf, parse, rfc, some } from "./documents.ts"

describe("fingerprints (1.3)", () => {
  const sha512 = "zNC7/n0WiUYDMtUbM9vqibQLj0ImoNwdkojeak78EiIokxuFwOLhpuDpQl5D5N0qEuWHpsP3ish5D5pzwQUB4Q=="
  const sha256 = some["sha-256"]
  const document = (...fingerprints: ReadonlyArray<unknown>) => ({ fingerprints, expires: 60 })

  it.each<[string, Body, string]>([
    ["FMT-40 not an array", { fingerprints: some, expires: 60 }, "InvalidFingerprintsDocument"],
    ["FMT-40 null", { fingerprints: null, expires: 60 }, "InvalidFingerprintsDocument"],
    ["FMT-40 empty", document(), "EmptyFingerprints"],
    ["8.1 an element that is no object", document(some, sha256), "InvalidFingerprintsDocument"],
    ["8.1 an element that is an array", document(some, []), "InvalidFingerprintsDocument"],
    ["FMT-08 64 descriptors", document(...Array.from({ length: 64 }, () => some)), "PublishedFingerprints"],
    ["FMT-08 65 descriptors", document(...Array.from({ length: 65 }, () => some)), "LimitExceeded"]
  ])("%s", (_, body, expected) => assert.strictEqual(judge(body, rfc), expected))

  it.each<[string, Body, ReadonlyArray<string>]>([
    ["FMT-42 upper case", document(some, { "SHA-256": sha256 }), [
      "UnrecognisedHashName fingerprints[1]",
      "DescriptorUnusable fingerprints[1]"
    ]],
    ["FMT-42 no hyphen", document({ ...some, sha256 }), ["UnrecognisedHashName fingerprints[0]"]],
    ["FMT-42 many names are one finding", document({ ...some, a: 1, b: 2, c: 3 }), [
      "UnrecognisedHashName fingerprints[0]"
    ]],
    ["FMT-43 weak hashes", document({ ...some, "md5": "x", "sha-1": "x", "sha-224": "x" }), [
      "WeakHashPresent fingerprints[0]"
    ]],
    ["FMT-44 another type", document({ ...some, "sha-512": 1 }), ["MalformedFingerprint fingerprints[0].sha-512"]],
    ["FMT-44 bad base64", document({ ...some, "sha-512": ` ${sha512}` }), [
      "MalformedFingerprint fingerprints[0].sha-512"
    ]],
    ["FMT-44 another length", document({ ...some, "sha-384": sha256 }), [
      "MalformedFingerprint fingerprints[0].sha-384"
    ]],
    ["FMT-44 hex", document({ ...some, "sha-512": "0".repeat(128) }), ["MalformedFingerprint fingerprints[0].sha-512"]],
    ["FMT-45 no padding", document({ "sha-256": sha256.slice(0, -1), "sha-512": sha512.slice(0, -2) }), [
      "UnpaddedBase64 fingerprints[0].sha-512",
      "UnpaddedBase64 fingerprints[0].sha-256"
    ]],
    ["FMT-46 an empty descriptor", document({}, some), ["DescriptorUnusable fingerprints[0]"]]
  ])("%s", (_, body, expected) => {
    assert.strictEqual(judge(body, rfc), "PublishedFingerprints")
    assert.deepStrictEqual(lintsOf(body, rfc), expected)
  })

  it.each<[string, unknown]>([
    ["FMT-43 sha-1 alone", { "sha-1": "uVuxZ0nywhni8B7T4b/ui2b71Fw=" }],
    ["FMT-43 sha-224 alone", { "sha-224": Buffer.alloc(28).toString("base64") }],
    ["FMT-46 nothing", {}],
    ["FMT-44 null", { "sha-256": null }],
    ["V15 base64url", { "sha-256": "4_mggdlVx8A3pvHAWW5sD-qJyMtUHgiRuPjVC48N0XQ=" }],
    ["FMT-44 the hash of nothing", { "sha-256": "" }]
  ])("%s → NoUsableFingerprints", (_, descriptor) => {
    assert.strictEqual(judge(document(descriptor), rfc), "NoUsableFingerprints")
    assert.include(lintsOf(document(descriptor), rfc), "DescriptorUnusable fingerprints[0]")
  })

  it("FMT-46 positions are those of the document", () => {
    const read = Result.getOrThrow(parse(document({}, some, {}, { "sha-512": sha512 }), rfc))
    const descriptors = read._tag === "PublishedFingerprints" ? read.material.descriptors : []
    assert.deepStrictEqual(descriptors.map(({ hashes, index }) => [index, Object.keys(hashes)]), [[1, ["sha-256"]], [
      3,
      ["sha-512"]
    ]])
  })

  it.each([["V13", "4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ=", []], [
    "V14",
    "4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ",
    ["UnpaddedBase64 fingerprints[0].sha-256"]
  ]])(
    "A.4 %s",
    (_, value, lints) => {
      const body = { fingerprints: [{ "sha-256": value }], expires: 604_800 }
      const read = Result.getOrThrow(parse(body, rfc))
      const hash = read._tag === "PublishedFingerprints" ? read.material.descriptors[0]?.hashes["sha-256"] : undefined
      assert.strictEqual(
        Buffer.from(hash ?? []).toString("hex"),
        "e3f9a081d955c7c037a6f1c0596e6c0fea89c8cb541e0891b8f8d50b8f0dd174"
      )
      assert.deepStrictEqual(lintsOf(body, rfc), lints)
    }
  )

  it("SEC-14 names in messages are bounded and escaped, and findings are counted", () => {
    const name = `\u202e"${"x".repeat(300)}`
    const body = document(...Array.from({ length: 64 }, () => ({ [name]: 1, "sha-1": 1, "sha-256": 1, "sha-384": 1 })))
    const { lints } = Result.merge(parse(body, rfc))
    assert.strictEqual(lints.length, 100)
    assert.strictEqual(lints.filter(({ severity }) => severity === "error").length, 64)
    const { message } = Result.merge(parse(document({ ...some, [name]: 1 }), rfc)).lints[0] ?? { message: "" }
    assert.include(message, "\\u{202e}\\u{22}xxx")
    assert.isBelow(message.length, 200)
  })
})

describe("references (1.4)", () => {
  it.each([
    ["https://h.example/p.json", "Reference"],
    ["HTTPS://h.example", "Reference"],
    ["https://h.example:444/?q#f", "Reference"],
    [`https://h.example/${"a".repeat(3_000)}`, "Reference"],
    ["http://h.example/p.json", "ReferenceInsecureScheme"],
    ["ftp://h.example/", "ReferenceInsecureScheme"],
    ["javascript:alert(1)", "ReferenceInsecureScheme"],
    ["data:,x", "ReferenceInsecureScheme"],
    ["", "InvalidReferenceUrl"],
    ["/p.json", "InvalidReferenceUrl"],
    ["p.json", "InvalidReferenceUrl"],
    ["//h.example/p.json", "InvalidReferenceUrl"],
    ["h.example/p.json", "InvalidReferenceUrl"],
    ["https:/x", "InvalidReferenceUrl"],
    ["https:x", "InvalidReferenceUrl"],
    ["https:", "InvalidReferenceUrl"],
    ["https://", "InvalidReferenceUrl"],
    ["https:///x", "InvalidReferenceUrl"],
    ["https://?x", "InvalidReferenceUrl"],
    ["https:\\\\h.example\\", "InvalidReferenceUrl"],
    ["https://h.example\\@e.example/", "InvalidReferenceUrl"],
    [" https://h.example/", "InvalidReferenceUrl"],
    ["https://h.example/ ", "InvalidReferenceUrl"],
    ["https://h.example/a b", "InvalidReferenceUrl"],
    ["https://h.exa\tmple/", "InvalidReferenceUrl"],
    ["https://h.example/\n", "InvalidReferenceUrl"],
    ["https://h.example/%zz", "InvalidReferenceUrl"],
    ["https://xn--bcher-kva.example/b%C3%BCcher", "Reference"],
    ["https://bücher.example/", "InvalidReferenceUrl"],
    ["https://h.example/bücher", "InvalidReferenceUrl"],
    ["https://h.example/?q=ü", "InvalidReferenceUrl"],
    ["https://h.example/#ü", "InvalidReferenceUrl"],
    ["https://ｈ.example/", "InvalidReferenceUrl"],
    ["https://h。example/", "InvalidReferenceUrl"],
    ["https://h.example/\u0085", "InvalidReferenceUrl"],
    ["https://h.example/\ud800", "InvalidReferenceUrl"],
    [null, "InvalidReferenceUrl"],
    [1, "InvalidReferenceUrl"],
    [["https://h.example/"], "InvalidReferenceUrl"]
  ])("FMT-60 %j", (url, expected) => assert.strictEqual(judge({ url, expires: 60 }, rfc), expected))
})
