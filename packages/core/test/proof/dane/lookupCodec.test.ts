/** Look-ups as text of a shared store, which is untrusted input (POSH-CAC-05). */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { wrap } from "../../../src/cache/store/codec/envelope.ts"
import { daneLimits } from "../../../src/Limits.ts"
import type { ServiceLookup } from "../../../src/proof/dane/DaneLookup.ts"
import { decodeLookup, encodeLookup } from "../../../src/proof/dane/lookupCodec.ts"
import { absent, bogus, found, keyOf, records, untrusted } from "./lookups.ts"

const key = keyOf("im")
const at = 1_764_000_000_000

const round: ReadonlyArray<readonly [name: string, lookup: ServiceLookup]> = [
  ["records", found(at, records(), records(1, 3, 0))],
  ["absence", absent(at)],
  ["bogus", bogus(at)],
  [
    "targets of all kinds",
    found(
      at,
      { target: "a.example", port: 0, ttl: 5, kind: "not-applicable", reason: "InvalidTarget" },
      { target: "b\\u{7f}…", port: 65_535, ttl: 0, ...untrusted },
      records(daneLimits.ttl)
    )
  ],
  ["as many records as fit into the answers", found(at, ...Array.from({ length: 8 }, () => records(300, 1_092, 3)))]
]

describe("a look-up in a shared store", () => {
  it.each(round)("%s: what is decoded is what was encoded", (_, lookup) => {
    const text = encodeLookup(lookup, key)
    assert.deepStrictEqual(decodeLookup(text, key), lookup)
    assert.isBelow(text.length, 512 * 1_024)
  })

  const body = (lookup: object, changes: object = {}): string =>
    wrap({ domain: key.domain, service: key.service, source: "tlsa", lookup, ...changes })
  const stored = (changes: object) => ({ ...absent(at), ...changes })
  const withEndpoint = (changes: object) => ({
    ...found(at),
    endpoints: [{ ...records(), records: "AwEBAAEH", ...changes }]
  })

  it("decodes what these rows are made of", () => {
    assert.isDefined(decodeLookup(body(stored({})), key))
    assert.isDefined(decodeLookup(body(withEndpoint({})), key))
  })

  const refused: ReadonlyArray<readonly [name: string, text: string]> = [
    ["nothing", ""],
    ["another domain", encodeLookup(absent(at), keyOf("other"))],
    ["another service", body(stored({}), { service: "xmpp-client" })],
    ["another source", body(stored({}), { source: "rfc7711" })],
    ["a member that nobody knows", body(stored({ more: 1 }))],
    ["a changed octet", encodeLookup(absent(at), key).replace("SrvAbsent", "SrvAbsenT")],
    ["a TTL beyond a week", body(stored({ ttl: daneLimits.ttl + 1 }))],
    ["a negative TTL", body(stored({ ttl: -1 }))],
    ["no instant", body(stored({ resolvedAt: 1e300 }))],
    ["a reason of an endpoint", body(stored({ reason: "TlsaAbsent" }))],
    ["a reason that nobody knows", body(stored({ reason: "Because" }))],
    ["no endpoint at all", body({ ...found(at), endpoints: [] })],
    [
      "nine endpoints",
      body({ ...found(at), endpoints: Array.from({ length: 9 }, () => withEndpoint({}).endpoints[0]) })
    ],
    ["records, and none", body(withEndpoint({ records: "" }))],
    ["half a record", body(withEndpoint({ records: "AwEBAAIH" }))],
    ["the head of a record", body(withEndpoint({ records: "AwEB" }))],
    ["an octet after the last", body(withEndpoint({ records: "AwEBAAEHAA==" }))],
    ["a base that is no domain", body(withEndpoint({ base: "a..b" }))],
    ["a base in capital letters", body(withEndpoint({ base: "A.example" }))],
    ["data that is no base64", body(withEndpoint({ records: "AwEBAAE?" }))],
    ["records longer than an answer", body(withEndpoint({ records: Buffer.alloc(16 * 1_024 + 1).toString("base64") }))],
    ["text that is not escaped", body({ ...bogus(at), detail: "a\u0000" })]
  ]
  it.each(refused)("refuses %s", (_, text) => assert.isUndefined(decodeLookup(text, key)))

  it.prop("throws for no text", [Schema.String], ([text]) => {
    assert.isUndefined(decodeLookup(text, key))
    assert.isUndefined(decodeLookup(JSON.stringify({ v: 1, text }), key))
  })
})
