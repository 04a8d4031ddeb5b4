import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedDay, seedExample1 } from "@posh/testing"
import { Result, Schema } from "effect"
import { type Document, type DocumentOptions, parseDocument } from "../../../src/proof/posh/Document.ts"
import { edit, Edits, within } from "../../mutation.ts"
import { draft, interim, judge, parse, referenced, rfc } from "./documents.ts"

const seeds: DocumentOptions = { ...draft, now: seedDay.getTime() }

const [{ "sha-256": sha256, "sha-512": sha512 }] = greenhouse.fingerprints.fingerprints
const [certificate] = greenhouse.jwkSet.keys[0].x5c

/** All hashes of a document, in base64. */
const vouched = (document: Document): ReadonlyArray<string> => {
  if (document._tag === "Reference") return []
  const hashes = document.material._tag === "JwkSet"
    ? document.material.entries.map(({ sha256 }) => sha256)
    : document.material.descriptors.flatMap((descriptor) => Object.values(descriptor.hashes))
  return hashes.map((hash) => Buffer.from(hash).toString("base64"))
}

const vouchedBy = (body: object, options: DocumentOptions): ReadonlyArray<string> =>
  Result.match(within(1_000, () => parse(body, options)), { onFailure: () => [], onSuccess: vouched })

describe("damaged material never equals the original", () => {
  it.prop("fingerprints: nothing but padding may be missing", [Edits], ([edits]) => {
    for (const [name, value] of [["sha-256", sha256], ["sha-512", sha512]] as const) {
      const damaged = edit(value, edits)
      const isSame = damaged.replace(/={0,2}$/, "") === value.replace(/=+$/, "") && damaged.length <= value.length
      const hashes = vouchedBy({ fingerprints: [{ [name]: damaged }], expires: 60 }, rfc)
      assert.deepStrictEqual(hashes.filter((hash) => hash === value), isSame ? [value] : [])
    }
  }, { arbitrary: { runs: 6_000 } })

  it.prop("x5c", [Edits], ([edits]) => {
    const [key] = greenhouse.jwkSet.keys
    const damaged = edit(key.x5c[0], edits)
    const hashes = vouchedBy({ keys: [{ ...key, x5c: [damaged] }] }, draft)
    assert.strictEqual(hashes.includes(sha256), damaged === key.x5c[0])
  }, { arbitrary: { runs: 4_000 } })

  it.prop("the key beside it", [Edits], ([edits]) => {
    const [key] = seedExample1.document.keys
    const n = edit(key?.n ?? "", edits)
    const strip = (text: string) => Buffer.from(text, "base64url").toString("hex").replace(/^(?:00)+/, "")
    const isUsable = judge({ keys: [{ ...key, n }] }, seeds) === "PublishedJwkSet"
    assert.isTrue(!isUsable || strip(n) === strip(key?.n ?? ""))
  }, { arbitrary: { runs: 1_000 } })
})

describe("parseDocument never throws, is never slow, and always fails with a code", () => {
  const texts = {
    fingerprints: JSON.stringify(greenhouse.fingerprints),
    reference: JSON.stringify(greenhouse.reference),
    jwkSet: JSON.stringify(greenhouse.jwkSet)
  }
  const paths: ReadonlyArray<DocumentOptions> = [rfc, draft, interim, referenced]
  const read = (octets: Uint8Array) => {
    for (const options of paths) {
      const document = within(1_000, () => parseDocument(octets, options))
      if (Result.isFailure(document)) assert.notStrictEqual(document.failure.message + document.failure.code, "")
      else if (document.success._tag !== "Reference") assert.isNotEmpty(vouched(document.success))
    }
  }

  it.prop(
    "published documents, edited",
    [Schema.Literals(["fingerprints", "reference", "jwkSet"]), Edits],
    ([name, edits]) => read(new TextEncoder().encode(edit(texts[name], edits))),
    { arbitrary: { runs: 3_000 } }
  )

  const member = Schema.Literals([
    "keys",
    "fingerprints",
    "url",
    "expires",
    "kty",
    "crv",
    "x",
    "y",
    "n",
    "e",
    "x5c",
    "kid",
    "d",
    "sha-256",
    "sha-1",
    "__proto__"
  ])
  const leaf = Schema.Literals([
    true,
    0,
    -1,
    1.5,
    60,
    1e300,
    "",
    "EC",
    "RSA",
    "P-256",
    "AQAB",
    "https://h.example/",
    sha256,
    certificate
  ])
  const branch = Schema.Record(member, Schema.Union([leaf, Schema.Null, Schema.Array(leaf)]))
  const Shape = Schema.Record(
    member,
    Schema.Union([leaf, Schema.Null, branch, Schema.Array(Schema.Union([leaf, branch]))])
  )

  it.prop(
    "objects of the members that documents have",
    [Shape],
    ([shape]) => read(new TextEncoder().encode(JSON.stringify(shape))),
    { arbitrary: { runs: 1_000 } }
  )

  it.prop(
    "any octets",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))],
    ([octets]) => read(Uint8Array.from(octets)),
    { arbitrary: { runs: 3_000 } }
  )

  it.each([
    ["deep", "[".repeat(250_000)],
    ["deep in a member", `{"keys":${`{"a":[`.repeat(40_000)}`],
    ["wide", `{"keys":[${"null,".repeat(50_000)}null]}`],
    ["many members", `{"keys":[],${Array.from({ length: 20_000 }, (_, index) => `"${index}":1`).join()}}`],
    ["long numbers", `{"keys":[],"expires":${"1".repeat(250_000)}}`],
    ["long fractions", `{"keys":[],"expires":1.${"0".repeat(250_000)}}`],
    ["long strings", `{"keys":["${"\\u0041".repeat(40_000)}"]}`],
    ["a string without end", `{"keys":["${"\\\\".repeat(100_000)}`],
    ["white space", `{"keys"${" ".repeat(250_000)}`],
    [
      "32 large keys",
      JSON.stringify({
        keys: Array.from(
          { length: 32 },
          () => ({ kty: "RSA", n: "A".repeat(3_000), e: "AQAB", x5c: ["MIIC".repeat(1_000)] })
        )
      })
    ]
  ])("hostile: %s", (_, text) => read(new TextEncoder().encode(text)))
})
