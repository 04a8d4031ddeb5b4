import { assert, describe, it } from "@effect/vitest"
import {
  type Certificate,
  daysFromNow,
  rootCa,
  seedCa,
  seedDay,
  seedExample1,
  seedLeaf,
  selfSigned
} from "@posh/testing"
import { seedExample2, UNKNOWN_EXTENSION } from "@posh/testing"
import { Effect, Result } from "effect"
import { checkChain } from "../../../src/x509/chain/Chain.ts"
import { intermediate, leafOf, long, seed, three } from "./chains.ts"

interface Row {
  readonly name: string
  /** Leaf first. */
  readonly chain: Effect.Effect<ReadonlyArray<Pick<Certificate, "der">>>
  readonly now?: Date
  readonly allowSha1?: boolean
  /** Absent if the chain is valid. */
  readonly fault?: { readonly index: number; readonly detail: RegExp }
}

const expired = { notBefore: daysFromNow(-20), notAfter: daysFromNow(-10) }
const early = { notBefore: daysFromNow(10), notAfter: daysFromNow(20) }

const valid: ReadonlyArray<Row> = [
  { name: "POSH-MAT-21: one certificate, self-signed", chain: Effect.map(selfSigned(), (leaf) => [leaf]) },
  {
    name: "POSH-MAT-21: one certificate, privately issued and expired: there is nothing below the anchor",
    chain: Effect.flatMap(rootCa(), (root) => Effect.map(leafOf(root, expired), (leaf) => [leaf]))
  },
  { name: "leaf and root", chain: Effect.map(three({}), ([, ...chain]) => chain) },
  { name: "leaf, intermediate and root", chain: three({}) },
  { name: "POSH-MAT-21: the anchor is not self-signed", chain: Effect.map(three({}), (chain) => chain.slice(0, 2)) },
  { name: "RFC 5280 §6.1.1: the anchor has expired", chain: three({ root: expired }) },
  {
    name: "RFC 5280 §6.1.1: the anchor has an unknown critical extension",
    chain: three({ root: { criticalUnknown: true } })
  },
  { name: "10 certificates", chain: long(8) },
  { name: "pathLen that suffices", chain: long(2, (position) => ({ pathLength: 1 - position })) },
  {
    name: "RFC 5280 §6.1.4 (l): self-issued CA certificates do not count against pathLen",
    chain: Effect.gen(function*() {
      const root = yield* rootCa({ pathLength: 0 })
      const rollover = yield* intermediate(root, { subject: "CN=Test Root" })
      return [yield* leafOf(rollover), rollover, root]
    })
  },
  {
    name: "RFC 5280 §6.1.4 (l): nor do they use it up",
    chain: Effect.gen(function*() {
      const root = yield* rootCa({ pathLength: 1 })
      const rollover = yield* intermediate(root, { subject: "CN=Test Root" })
      const middle = yield* intermediate(rollover)
      return [yield* leafOf(middle), middle, rollover, root]
    })
  },
  {
    name: "RFC 5280 §6.1.3 (b): self-issued CA certificates may have other names",
    chain: Effect.gen(function*() {
      const root = yield* rootCa({ nameConstraints: { permitted: ["posh.example"] } })
      const rollover = yield* intermediate(root, { subject: "CN=Test Root", dnsNames: ["other.example"] })
      return [yield* leafOf(rollover), rollover, root]
    })
  },
  { name: "an intermediate without keyUsage", chain: three({ intermediate: { keyUsage: [] } }) },
  {
    name: "names inside permitted subtrees",
    chain: three({ intermediate: { nameConstraints: { permitted: ["posh.example"] } } })
  },
  { name: "RSA and SHA-256", chain: three({ intermediate: { key: "rsa2048" } }) },
  { name: "Ed25519", chain: three({ intermediate: { key: "ed25519" } }) },
  { name: "SHA-1 in a chain, where allowed", chain: three({ leaf: { hash: "SHA-1" } }), allowSha1: true },
  { name: "SHA-1 on the anchor itself", chain: three({ root: { hash: "SHA-1" } }) },
  {
    name: "A.4 V2: example 1, SHA-1 allowed",
    chain: seed(seedLeaf(seedExample1), seedCa),
    now: seedDay,
    allowSha1: true
  },
  { name: "A.1: example 2, key 0", chain: seed(seedLeaf(seedExample2, 0), seedCa), now: seedDay, allowSha1: true },
  { name: "A.1: example 2, key 1", chain: seed(seedLeaf(seedExample2, 1), seedCa), now: seedDay, allowSha1: true }
]

const notCa = /no CA/
const notIssuer = /not the one named as issuer/

const invalid: ReadonlyArray<Row> = [
  { name: "no certificate", chain: seed(), fault: { index: 0, detail: /1 to 10/ } },
  { name: "11 certificates", chain: long(9), fault: { index: 0, detail: /1 to 10/ } },
  {
    name: "a signature by another key under the same name",
    chain: Effect.gen(function*() {
      const [leaf, middle] = yield* three({})
      const impostor = yield* rootCa()
      return [leaf!, middle!, impostor]
    }),
    fault: { index: 1, detail: /signature is not the issuer's/ }
  },
  {
    name: "a changed octet under a signature",
    chain: Effect.map(three({}), ([leaf, ...issuers]) => {
      const der = leaf!.der.slice()
      der[der.length - 1]! ^= 1
      return [{ der }, ...issuers]
    }),
    fault: { index: 0, detail: /signature is not the issuer's/ }
  },
  {
    name: "names do not chain, though the key is right",
    chain: Effect.gen(function*() {
      const root = yield* rootCa()
      const alias = yield* rootCa({ subject: "CN=Other Root", keys: root.keys })
      return [yield* leafOf(root), alias]
    }),
    fault: { index: 0, detail: notIssuer }
  },
  {
    name: "the order is reversed",
    chain: Effect.map(three({}), (chain) => chain.toReversed()),
    fault: { index: 2, detail: notCa }
  },
  {
    name: "two CA certificates in the wrong order",
    chain: Effect.map(three({}), ([leaf, middle, root]) => [leaf!, root!, middle!]),
    fault: { index: 1, detail: notIssuer }
  },
  {
    name: "an intermediate has expired",
    chain: three({ intermediate: expired }),
    fault: { index: 1, detail: /expired/ }
  },
  { name: "the leaf has expired", chain: three({ leaf: expired }), fault: { index: 0, detail: /expired/ } },
  { name: "the leaf is not valid yet", chain: three({ leaf: early }), fault: { index: 0, detail: /not valid yet/ } },
  {
    name: "an intermediate is not valid yet",
    chain: three({ intermediate: early }),
    fault: { index: 1, detail: /not valid yet/ }
  },
  {
    name: "an intermediate without cA",
    chain: three({ intermediate: { ca: false } }),
    fault: { index: 1, detail: notCa }
  },
  {
    name: "an anchor that says it is no CA",
    chain: three({ root: { ca: false } }),
    fault: { index: 2, detail: notCa }
  },
  {
    name: "an intermediate without keyCertSign",
    chain: three({ intermediate: { keyUsage: ["digitalSignature", "cRLSign"] } }),
    fault: { index: 1, detail: /keyUsage/ }
  },
  {
    name: "an anchor without keyCertSign",
    chain: three({ root: { keyUsage: ["digitalSignature"] } }),
    fault: { index: 2, detail: /keyUsage/ }
  },
  {
    name: "pathLen 0 above an intermediate",
    chain: long(2, () => ({ pathLength: 0 })),
    fault: { index: 1, detail: /more CA certificates/ }
  },
  {
    name: "pathLen 1 of an upper intermediate is not widened below",
    chain: long(3, (position) => ({ pathLength: position === 0 ? 1 : 5 })),
    fault: { index: 1, detail: /more CA certificates/ }
  },
  {
    name: "pathLen 0 of the anchor",
    chain: three({ root: { pathLength: 0 } }),
    fault: { index: 1, detail: /more CA certificates/ }
  },
  {
    name: "a name outside permitted subtrees",
    chain: three({ intermediate: { nameConstraints: { permitted: ["other.example"] } } }),
    fault: { index: 0, detail: /\(dns\) violates/ }
  },
  {
    name: "a name of an intermediate outside permitted subtrees",
    chain: three({
      root: { nameConstraints: { permitted: ["posh.example"] } },
      intermediate: { dnsNames: ["other.example"] }
    }),
    fault: { index: 1, detail: /\(dns\) violates/ }
  },
  {
    name: "an excluded name, by the anchor",
    chain: three({ root: { nameConstraints: { excluded: ["posh.example"] } } }),
    fault: { index: 0, detail: /\(dns\) violates/ }
  },
  {
    name: "a lower CA cannot widen what an upper one permits",
    chain: three({
      root: { nameConstraints: { permitted: ["other.example"] } },
      intermediate: { nameConstraints: { permitted: ["posh.example"] } }
    }),
    fault: { index: 0, detail: /\(dns\) violates/ }
  },
  {
    name: "POSH-SEC-13: names over the budget",
    chain: three({
      root: { nameConstraints: { excluded: Array.from({ length: 100 }, (_, index) => `x${index}.example`) } },
      leaf: { extraSanCount: 700 }
    }),
    fault: { index: 0, detail: /too many/ }
  },
  {
    name: "an unknown critical extension in the leaf",
    chain: three({ leaf: { criticalUnknown: true } }),
    fault: { index: 0, detail: new RegExp(UNKNOWN_EXTENSION) }
  },
  {
    name: "an unknown critical extension in an intermediate",
    chain: three({ intermediate: { criticalUnknown: true } }),
    fault: { index: 1, detail: new RegExp(UNKNOWN_EXTENSION) }
  },
  {
    name: "SHA-1 where it is not allowed",
    chain: three({ leaf: { hash: "SHA-1" } }),
    fault: { index: 0, detail: /SHA-1/ }
  },
  {
    name: "A.4 V2: example 1, SHA-1 refused",
    chain: seed(seedLeaf(seedExample1), seedCa),
    now: seedDay,
    fault: { index: 0, detail: /SHA-1/ }
  },
  {
    name: "A.1: example 1 today",
    chain: seed(seedLeaf(seedExample1), seedCa),
    allowSha1: true,
    fault: { index: 0, detail: /expired/ }
  },
  {
    name: "POSH-FMT-29: a malformed issuer",
    chain: Effect.map(three({}), ([leaf, , root]) => [leaf!, { der: Uint8Array.of(0x30, 0x03, 1, 2, 3) }, root!]),
    fault: { index: 1, detail: /malformed/ }
  },
  {
    name: "POSH-FMT-29: a malformed anchor",
    chain: Effect.map(three({}), ([leaf, middle]) => [leaf!, middle!, { der: new Uint8Array() }]),
    fault: { index: 2, detail: /malformed/ }
  },
  {
    name: "an issuer with trailing octets",
    chain: Effect.map(
      three({}),
      ([leaf, middle, root]) => [leaf!, { der: Buffer.concat([middle!.der, Uint8Array.of(0)]) }, root!]
    ),
    fault: { index: 1, detail: /malformed/ }
  }
]

const run = ({ allowSha1 = false, chain, now = daysFromNow(0) }: Row) =>
  Effect.map(
    chain,
    (certificates) => checkChain(certificates.map(({ der }) => new Uint8Array(der)), { now: now.getTime(), allowSha1 })
  )

describe("checkChain accepts (POSH-MAT-21)", () => {
  it.effect.each(valid)("$name", (row) => Effect.map(run(row), (result) => assert.deepStrictEqual(result, Result.void)))
})

describe("checkChain refuses (POSH-MAT-22)", () => {
  it.effect.each(invalid)("$name", (row) =>
    Effect.gen(function*() {
      const result = yield* run(row)
      assert(Result.isFailure(result))
      assert.strictEqual(result.failure.index, row.fault?.index)
      assert.match(result.failure.detail, row.fault?.detail ?? /^$/)
    }))
})

describe("checkChain keeps nothing (POSH-MAT-23)", () => {
  it.effect("the anchor of one run is not an anchor of the next", () =>
    Effect.gen(function*() {
      const [leaf, middle, root] = yield* three({})
      const options = { now: daysFromNow(0).getTime(), allowSha1: false }
      const stranger = yield* rootCa()
      assert(Result.isSuccess(checkChain([leaf!.der, middle!.der, root!.der], options)))
      assert(Result.isFailure(checkChain([leaf!.der, middle!.der, stranger.der], options)))
    }))
})
