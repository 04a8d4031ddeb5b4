import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedDay, seedExample1, seedExample2 } from "@posh/testing"
import { Result } from "effect"
import type { DocumentOptions } from "../../../src/proof/posh/Document.ts"
import { type Body, draft, judge, lintsOf, parse } from "./documents.ts"

describe("JWK Sets (1.2)", () => {
  const [key] = greenhouse.jwkSet.keys
  const at = (date: string) => ({ ...draft, now: Date.parse(date) })
  const oversize = (octets: number) => ({ ...key, kty: "oct", x5c: [Buffer.alloc(octets).toString("base64")] })

  it.each<[string, Body, DocumentOptions, string]>([
    ["FMT-20 not an array", { keys: key }, draft, "InvalidJwkSet"],
    ["FMT-20 null", { keys: null }, draft, "InvalidJwkSet"],
    ["FMT-20 empty", { keys: [] }, draft, "EmptyJwkSet"],
    ["FMT-08 32 keys", { keys: Array.from({ length: 32 }, () => key) }, draft, "PublishedJwkSet"],
    ["FMT-08 33 keys", { keys: Array.from({ length: 33 }, () => null) }, draft, "LimitExceeded"],
    [
      "FMT-08 10 certificates",
      { keys: [{ ...key, x5c: Array.from({ length: 10 }, () => key.x5c[0]) }] },
      draft,
      "PublishedJwkSet"
    ],
    [
      "FMT-08 11 certificates in an unusable entry",
      { keys: [key, { x5c: Array.from({ length: 11 }, () => "") }] },
      draft,
      "LimitExceeded"
    ],
    [
      "FMT-08 a certificate of 32 KiB in an unusable entry",
      { keys: [key, oversize(32_768)] },
      draft,
      "PublishedJwkSet"
    ],
    ["FMT-08 a longer one in an unusable entry", { keys: [key, oversize(32_769)] }, draft, "LimitExceeded"],
    [
      "FMT-08 a longer one above the leaf",
      { keys: [{ ...key, x5c: [key.x5c[0], "A".repeat(50_000)] }] },
      draft,
      "LimitExceeded"
    ],
    ["CAC-23 the last second", greenhouse.jwkSet, at("2036-06-05T00:00:00Z"), "PublishedJwkSet"],
    ["CAC-23 all expired", greenhouse.jwkSet, at("2036-06-05T00:00:01Z"), "AllMaterialExpired"],
    [
      "CAC-23 unusable entries count for nothing",
      { keys: [{}, key] },
      at("2037-01-01T00:00:00Z"),
      "AllMaterialExpired"
    ],
    ["MAT-13 not valid yet", greenhouse.jwkSet, at("2020-01-01T00:00:00Z"), "PublishedJwkSet"],
    ["V11", seedExample2.text, at("2016-01-01T00:00:00Z"), "AllMaterialExpired"]
  ])("%s", (_, body, options, expected) => assert.strictEqual(judge(body, options), expected))

  it.each<[string, Body, DocumentOptions, ReadonlyArray<string>]>([
    ["CAC-21 one of two expired", greenhouse.jwkSet, at("2036-02-01T00:00:00Z"), ["JwkEntryExpired keys[1]"]],
    ["CAC-23 all expired", greenhouse.jwkSet, at("2037-01-01T00:00:00Z"), [
      "JwkEntryExpired keys[0]",
      "JwkEntryExpired keys[1]"
    ]],
    ["A.3.4 example 1", seedExample1.text, at(seedDay.toISOString()), ["NonMinimalInteger keys[0].n"]],
    ["A.3.9 example 2 by day", seedExample2.text, at(seedDay.toISOString()), [
      "NonMinimalInteger keys[0].n",
      "NonMinimalInteger keys[1].n",
      "KidDuplicate keys[1].kid"
    ]],
    ["V9 one of two expired", seedExample2.text, at("2014-01-01T00:00:00Z"), [
      "NonMinimalInteger keys[0].n",
      "NonMinimalInteger keys[1].n",
      "JwkEntryExpired keys[0]",
      "KidDuplicate keys[1].kid"
    ]],
    ["FMT-23 kid of another type", { keys: [{ ...key, kid: 1 }] }, draft, ["KidNotString keys[0].kid"]],
    ["FMT-23 no kid", { keys: [{ ...key, kid: undefined }] }, draft, []],
    ["FMT-23 empty kid", { keys: [{ ...key, kid: "" }] }, draft, []],
    ["FMT-23 one kid for two", { keys: [key, key] }, draft, ["KidDuplicate keys[1].kid"]]
  ])("%s", (_, body, options, expected) => assert.deepStrictEqual(lintsOf(body, options), expected))

  it("expired entries stay in the material: the matcher skips them", () => {
    const document = Result.getOrThrow(parse(greenhouse.jwkSet, at("2036-02-01T00:00:00Z")))
    assert.strictEqual(document._tag === "PublishedJwkSet" ? document.material.entries.length : 0, 2)
  })

  it("SEC-14 kid is cut and escaped", () => {
    const document = Result.getOrThrow(parse({ keys: [{ ...key, kid: `\n${"k".repeat(300)}` }] }, draft))
    const kid = document._tag === "PublishedJwkSet" ? document.material.entries[0]?.kid : undefined
    assert.strictEqual(kid, `\\u{a}${"k".repeat(251)}…`)
  })
})
