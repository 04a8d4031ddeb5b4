/**
 * The memo of the chain check changes no result, at any time and for any order of questions (POSH-MAT-21 to
 * POSH-MAT-23).
 */
import { assert, describe, it } from "@effect/vitest"
import { seedCa, seedDay, seedExample1, seedLeaf } from "@posh/testing"
import { Schema } from "effect"
import type { JwkEntry } from "../../../src/association/Material.ts"
import { chainLimits } from "../../../src/Limits.ts"
import { makeChainCheck } from "../../../src/proof/posh/ChainCheck.ts"
import { sequence, text, tlv } from "../../x509/chain/der.ts"
import { certificate, common, extension, makeKeys, type Parts, yes } from "../../x509/chain/forge.ts"

const keys = { ca: makeKeys(), leaf: makeKeys(), stranger: makeKeys() }
const ca = common("CA")
const isCa = extension("2.5.29.19", sequence(yes), yes)
const years = (from: number, to: number): Parts => ({
  times: [text(0x17, `${from}0101000000Z`), text(0x17, `${to}0101000000Z`)]
})
const issuer = (parts: Parts = {}) =>
  certificate({ subject: ca, issuer: ca, keys: keys.ca, issuerKeys: keys.ca, extensions: [isCa], ...parts })
const leaf = (parts: Parts = {}) => certificate({ issuer: ca, keys: keys.leaf, issuerKeys: keys.ca, ...parts })
const longest = Array.from({ length: 9 }, () => issuer())
const dns = (value: string) => text(0x82, value)
const many = Array.from({ length: 250 }, (_, index) => dns(`${index}.good`))
const excluding = (count: number) =>
  issuer({
    extensions: [
      isCa,
      extension("2.5.29.30", sequence(tlv(0xa1, ...Array.from({ length: count }, () => sequence(dns("evil"))))))
    ]
  })

/** Chains of every kind: always or temporarily valid, always or temporarily faulty, cheap and expensive. */
const chains: ReadonlyArray<ReadonlyArray<Uint8Array>> = [
  [leaf()],
  [leaf(), issuer()],
  [leaf(years(26, 28)), issuer(), issuer()],
  [leaf(years(26, 30)), issuer(years(27, 29)), issuer()],
  [leaf(years(26, 27)), issuer(years(29, 30)), issuer()],
  [leaf({ ...years(26, 27), issuerKeys: keys.stranger }), issuer()],
  [seedLeaf(seedExample1), seedCa], // SHA-1
  [leaf(), ...longest],
  [leaf({ issuerKeys: keys.stranger }), ...longest],
  [leaf(), ...longest.slice(1), Uint8Array.of(5, 0)],
  [leaf({ extensions: [extension("2.5.29.17", sequence(...many))] }), excluding(200)],
  [leaf({ extensions: [extension("2.5.29.17", sequence(...many))] }), excluding(60)],
  [leaf({ extensions: [extension("2.5.29.17", sequence(...many))] }), excluding(250)],
  [leaf({ extensions: [extension("2.5.29.17", sequence(...many))] }), excluding(300)]
]

const entryOf = (which: number, index: number): JwkEntry => ({
  index,
  chain: chains[Math.abs(which) % chains.length] ?? [],
  notBefore: 0,
  notAfter: 8.64e15,
  sha256: new Uint8Array(),
  spkiSha256: new Uint8Array()
})
const entriesOf = (which: ReadonlyArray<number>) => which.slice(0, 32).map(entryOf)
// Years from 2025 to 2031, and that of the seed's certificates.
const instantOf = (number: number) => number % 8 === 0 ? seedDay.getTime() : Date.UTC(2025 + Math.abs(number) % 7, 5, 2)

const ask = (entries: ReadonlyArray<JwkEntry>, now: number, allowSha1: boolean) => {
  const { faultOf } = makeChainCheck("require", { now, allowSha1 })
  return entries.map((entry) => faultOf(entry) ?? "valid")
}

const Question = Schema.Struct({ instant: Schema.Int, allowSha1: Schema.Boolean, from: Schema.Int })

describe("chains in the memo", () => {
  it.prop(
    "have the same result as without it",
    [Schema.Array(Schema.Int), Schema.Array(Question)],
    ([which, questions]) => {
      const entries = entriesOf(which)
      for (const { allowSha1, from, instant } of questions.slice(0, 6)) {
        // A question checks only some entries, depending on its certificate.
        const start = entries.length === 0 ? 0 : Math.abs(from) % entries.length
        const now = instantOf(instant)
        const fresh = entriesOf(which).slice(start)
        assert.deepStrictEqual(ask(entries.slice(start), now, allowSha1), ask(fresh, now, allowSha1))
      }
    }
  )

  it("an exhausted budget vetoes every later chain, for this question only", () => {
    const fitting = Math.floor(chainLimits.signatures / 9)
    const entries = entriesOf([...Array.from({ length: fitting + 1 }, () => 8), 1, 1])
    const now = instantOf(2)
    for (const _ of [1, 2, 3]) {
      const faults = ask(entries, now, false)
      assert.match(faults[0] ?? "", /signature is not the issuer's/)
      for (const fault of faults.slice(fitting)) assert.match(fault, /too much work/)
      // In another order they are within the budget, even if the memo has them by now.
      assert.deepStrictEqual(ask(entries.toReversed(), now, false).slice(0, 2), ["valid", "valid"])
    }
  })

  it("whether SHA-1 is accepted is not part of the memo", () => {
    const entries = [entryOf(6, 0)]
    const asked = [false, true, false].map((allowSha1) => ask(entries, seedDay.getTime(), allowSha1))
    assert.deepStrictEqual(asked.flat(), [
      "SHA-1 signatures are not accepted",
      "valid",
      "SHA-1 signatures are not accepted"
    ])
  })

  it("the key of the memo is the octets, not the object", () => {
    const entry = entryOf(7, 0)
    const now = instantOf(2)
    const chain = [...entry.chain]
    assert.deepStrictEqual(ask([{ ...entry, chain }], now, false), ["valid"])
    const changed = { ...entry, chain }
    assert.deepStrictEqual(ask([changed], now, false), ["valid"])
    chain[0] = entryOf(8, 0).chain[0] ?? new Uint8Array()
    assert.deepStrictEqual(ask([changed], now, false), ["the signature is not the issuer's"])
  })

  it("chains with common certificates have separate results", () => {
    const [valid, forged] = [entryOf(7, 0), entryOf(8, 1)]
    const now = instantOf(2)
    assert.deepStrictEqual(ask([forged, valid], now, false), ["the signature is not the issuer's", "valid"])
    assert.deepStrictEqual(ask([valid, forged], now, false), ["valid", "the signature is not the issuer's"])
  })
})
