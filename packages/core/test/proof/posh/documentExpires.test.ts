import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import type { DocumentOptions } from "../../../src/proof/posh/Document.ts"
import { type Body, draft, judge, lintsOf, parse, reference, rfc, some } from "./documents.ts"

describe("expires (FMT-47, FMT-48)", () => {
  const most = Number.MAX_SAFE_INTEGER
  const rows: ReadonlyArray<readonly [string, number | string]> = [
    ["604800", 604_800],
    ["6.048e5", 604_800],
    ["604800.0", 604_800],
    ["6048E+2", 604_800],
    ["60480000e-2", 604_800],
    ["1", 1],
    ["10000000000000000000e-19", 1],
    ["9007199254740991", most],
    ["9007199254740993", most],
    ["1e400", most],
    [`1${"0".repeat(1_000)}`, most],
    ["0", "withdrawn"],
    ["-0", "withdrawn"],
    ["0.00", "withdrawn"],
    ["0e9", "withdrawn"],
    ["-0.0e-9", "withdrawn"],
    ["1.5", "InvalidExpires"],
    ["1.00000000000000000001", "InvalidExpires"],
    ["1e-400", "InvalidExpires"],
    ["15e-1", "InvalidExpires"],
    ["-1", "InvalidExpires"],
    ["-1e-400", "InvalidExpires"],
    [`1e-${"9".repeat(400)}`, "InvalidExpires"],
    [`"604800"`, "InvalidExpires"],
    ["null", "InvalidExpires"],
    ["true", "InvalidExpires"],
    ["[60]", "InvalidExpires"],
    ["{}", "InvalidExpires"]
  ]
  const named = rows.map(([text, expected]) => [text.slice(0, 24), text, expected] as const)

  const expiresOf = (body: string, options: DocumentOptions) =>
    Result.match(parse(body, options), { onFailure: ({ code }) => code, onSuccess: ({ expires }) => expires })

  it.each(named)("of fingerprints: %s", (_, text, expected) =>
    assert.strictEqual(
      expiresOf(`{"fingerprints":[${JSON.stringify(some)}],"expires":${text}}`, rfc),
      expected === "withdrawn" ? "MaterialWithdrawn" : expected
    ))

  it.each(named)("FMT-61 of a reference: %s", (_, text, expected) =>
    assert.strictEqual(
      expiresOf(`{"url":"https://h.example/p.json","expires":${text}}`, rfc),
      expected === "withdrawn" ? "DelegationWithdrawn" : expected
    ))

  it.each(named)("FMT-34 of a JWK Set: %s", (_, text, expected) => {
    const body = `{"keys":${JSON.stringify(greenhouse.jwkSet.keys)},"expires":${text}}`
    const ignored = expected === "InvalidExpires"
    assert.strictEqual(
      expiresOf(body, draft),
      expected === "withdrawn" ? "MaterialWithdrawn" : ignored ? undefined : expected
    )
    assert.deepStrictEqual(lintsOf(body, draft), ignored ? ["InvalidExpiresIgnored expires"] : [])
  })

  it.each<[string, Body, DocumentOptions, string]>([
    ["missing of fingerprints", { fingerprints: [some] }, rfc, "MissingExpires"],
    ["missing of a reference", { url: reference.url }, rfc, "MissingExpires"],
    ["EmptyFingerprints before MissingExpires", { fingerprints: [] }, rfc, "EmptyFingerprints"],
    ["InvalidExpires before NoUsableFingerprints", { fingerprints: [{}], expires: -1 }, rfc, "InvalidExpires"],
    ["the URL before MissingExpires", { url: "/p" }, rfc, "InvalidReferenceUrl"],
    ["withdrawal before what is withdrawn", { fingerprints: [], expires: 0 }, rfc, "MaterialWithdrawn"],
    ["withdrawal before the URL", { url: "http://h.example/", expires: 0 }, rfc, "DelegationWithdrawn"],
    ["withdrawal before the keys", { keys: [], expires: 0 }, draft, "MaterialWithdrawn"],
    ["Expires is another member", { fingerprints: [some], Expires: 60 }, rfc, "MissingExpires"]
  ])("%s", (_, body, options, expected) => assert.strictEqual(judge(body, options), expected))
})
