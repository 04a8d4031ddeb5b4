import { assert, describe, it } from "@effect/vitest"
import { daysFromNow, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Schema } from "effect"
import { Presented } from "../../../src/presented/Presented.ts"
import { makeTlsaMatcher, type TlsaInput } from "../../../src/proof/dane/matchTlsa.ts"
import {
  checkRecords,
  defaultUsages,
  type RecordFault,
  type TlsaRecord,
  type TlsaUsage,
  toUsable
} from "../../../src/proof/dane/Tlsa.ts"
import { domain, presenting, tlsa } from "./world.ts"

const world = Effect.runSync(Effect.cached(Effect.gen(function*() {
  const root = yield* rootCa()
  const ca = yield* issue(root, { subject: "CN=Hosting CA", ca: true })
  const leaf = yield* issue(ca, { dnsNames: ["im.example"] })
  const renewed = yield* issue(ca, { dnsNames: ["im.example"], keys: leaf.keys })
  const host = yield* issue(ca, { dnsNames: ["xmpp.host.example"] })
  const unnamed = yield* issue(ca, { dnsNames: ["other.example"] })
  const expired = yield* issue(ca, {
    dnsNames: ["im.example"],
    notBefore: daysFromNow(-9),
    notAfter: daysFromNow(-1)
  })
  return { root, ca, leaf, renewed, host, unnamed, expired, other: yield* selfSigned({ dnsNames: ["im.example"] }) }
})))
type Name = "root" | "ca" | "leaf" | "renewed" | "host" | "unnamed" | "expired" | "other"

const all: ReadonlySet<TlsaUsage> = new Set([0, 1, 2, 3])

interface UsableRow {
  readonly name: string
  readonly records: ReadonlyArray<string>
  /** Default: those of {@link defaultUsages}. */
  readonly usages?: ReadonlySet<TlsaUsage>
  readonly data?: Uint8Array
  readonly usable: ReadonlyArray<string>
}

const usableRows: ReadonlyArray<UsableRow> = [
  { name: "every known selector and matching type", records: ["3 0 0", "3 1 0"], usable: ["3 0 0", "3 1 0"] },
  { name: "SHA-256 alone", records: ["3 1 1"], usable: ["3 1 1"] },
  { name: "POSH-PRF-27: usage 0 by default", records: ["0 0 1", "1 0 1", "2 0 1"], usable: ["1 0 1", "2 0 1"] },
  { name: "usage 0 where it is enabled", records: ["0 0 1"], usages: all, usable: ["0 0 1"] },
  { name: "usage 3 where it is not", records: ["3 0 1"], usages: new Set([2]), usable: [] },
  { name: "POSH-PRF-23: an unknown usage", records: ["4 0 1", "255 0 1"], usages: all, usable: [] },
  { name: "POSH-PRF-23: an unknown selector", records: ["3 2 1", "3 255 1"], usable: [] },
  { name: "POSH-PRF-23: an unknown matching type", records: ["3 1 3", "3 1 255"], usable: [] },
  { name: "POSH-PRF-23: a digest of another length", records: ["3 1 1"], data: new Uint8Array(31), usable: [] },
  { name: "POSH-PRF-23: a digest of SHA-512's name", records: ["3 1 2"], data: new Uint8Array(32), usable: [] },
  { name: "POSH-PRF-23: no data", records: ["3 0 0", "3 1 0"], data: new Uint8Array(), usable: [] },
  { name: "POSH-PRF-23: what is no certificate", records: ["2 0 0"], data: new Uint8Array([48, 0]), usable: [] },
  { name: "POSH-PRF-23: what is no key", records: ["3 1 0"], data: new Uint8Array(64), usable: [] },
  { name: "POSH-PRF-26: the stronger digest", records: ["3 1 1", "3 1 2"], usable: ["3 1 2"] },
  { name: "POSH-PRF-26: of each selector", records: ["3 0 1", "3 1 2"], usable: ["3 0 1", "3 1 2"] },
  { name: "POSH-PRF-26: of each usage", records: ["2 1 1", "3 1 2"], usable: ["2 1 1", "3 1 2"] },
  { name: "POSH-PRF-26: exact matches besides", records: ["3 1 0", "3 1 1", "3 1 2"], usable: ["3 1 0", "3 1 2"] },
  { name: "POSH-PRF-26: all of the stronger", records: ["3 1 2", "3 1 1", "3 1 2"], usable: ["3 1 2", "3 1 2"] }
]

const parametersOf = ({ matching, selector, usage }: TlsaRecord): string => `${usage} ${selector} ${matching}`

describe("toUsable", () => {
  it.effect.each(usableRows)("$name", ({ data, records, usable, usages = defaultUsages }) =>
    Effect.gen(function*() {
      const { leaf } = yield* world
      const given = records.map((one) => data === undefined ? tlsa(one, leaf) : { ...tlsa(one, leaf), data })
      assert.deepStrictEqual(toUsable(given, usages).map(parametersOf), usable)
    }))

  it.effect("POSH-PRF-26: a malformed digest does not push a weaker one out", () =>
    Effect.gen(function*() {
      const { leaf } = yield* world
      const broken = { ...tlsa("3 1 2", leaf), data: new Uint8Array(63) }
      assert.deepStrictEqual(toUsable([broken, tlsa("3 1 1", leaf)], all).map(parametersOf), ["3 1 1"])
    }))
})

const faultRows: ReadonlyArray<readonly [parameters: string, octets: number, fault: RecordFault | undefined]> = [
  ["3 1 1", 32, undefined],
  ["4 1 1", 32, "UnknownUsage"],
  ["0 1 1", 32, "UsageDisabled"],
  ["0 9 9", 1, "UsageDisabled"],
  ["3 2 1", 32, "UnknownSelector"],
  ["3 1 3", 32, "UnknownMatching"],
  ["3 1 1", 20, "MalformedData"],
  ["3 1 0", 20, "MalformedData"]
]

describe("checkRecords", () => {
  it.each(faultRows)("%s with %d octets: %s", (parameters, octets, fault) => {
    const [usage = 0, selector = 0, matching = 0] = parameters.split(" ").map(Number)
    const record = { usage, selector, matching, data: new Uint8Array(octets) }
    const [check] = checkRecords([record], defaultUsages)
    assert.strictEqual(check?.record, record)
    assert.strictEqual(check?.fault, fault)
  })

  it.effect("POSH-PRF-26: names the digest that a stronger one outweighs", () =>
    Effect.gen(function*() {
      const { leaf } = yield* world
      const given = ["3 1 1", "3 1 2", "3 1 0", "3 0 1"].map((one) => tlsa(one, leaf))
      assert.deepStrictEqual(checkRecords(given, defaultUsages).map(({ fault }) => fault), [
        "WeakerDigest",
        undefined,
        undefined,
        undefined
      ])
    }))
})

interface MatchRow {
  readonly name: string
  readonly presented: Name
  /** Of the certificates that the records are about. */
  readonly records: ReadonlyArray<readonly [parameters: string, about: Name]>
  /** Default: the source domain's own. */
  readonly base?: string
  /** Are the issuers presented too? Default true. */
  readonly chain?: false
  /** Does PKIX accept it? Default false. */
  readonly pkix?: true
  readonly match: "match" | "mismatch"
}

const matchRows: ReadonlyArray<MatchRow> = [
  // DANE-EE, RFC 7671 §5.1
  ...["3 0 0", "3 0 1", "3 0 2", "3 1 0", "3 1 1", "3 1 2"].flatMap((parameters): ReadonlyArray<MatchRow> => [
    { name: `${parameters}: the leaf`, presented: "leaf", records: [[parameters, "leaf"]], match: "match" },
    { name: `${parameters}: another`, presented: "other", records: [[parameters, "leaf"]], match: "mismatch" }
  ]),
  { name: "3 1 1: another with the same key", presented: "renewed", records: [["3 1 1", "leaf"]], match: "match" },
  { name: "3 0 1: another with the same key", presented: "renewed", records: [["3 0 1", "leaf"]], match: "mismatch" },
  { name: "3: expired", presented: "expired", records: [["3 1 1", "expired"]], match: "match" },
  { name: "3: without the name", presented: "unnamed", records: [["3 1 1", "unnamed"]], match: "match" },
  { name: "3: the issuer is no leaf", presented: "leaf", records: [["3 1 1", "ca"]], match: "mismatch" },
  { name: "3: any of several", presented: "leaf", records: [["3 1 1", "other"], ["3 1 1", "leaf"]], match: "match" },
  // DANE-TA, RFC 7671 §5.2
  ...["2 0 0", "2 0 1", "2 0 2", "2 1 0", "2 1 1", "2 1 2"].flatMap((parameters): ReadonlyArray<MatchRow> => [
    { name: `${parameters}: the issuer`, presented: "leaf", records: [[parameters, "ca"]], match: "match" },
    { name: `${parameters}: its issuer`, presented: "leaf", records: [[parameters, "root"]], match: "match" },
    { name: `${parameters}: another`, presented: "leaf", records: [[parameters, "other"]], match: "mismatch" }
  ]),
  { name: "2 0 0: not presented", presented: "leaf", chain: false, records: [["2 0 0", "ca"]], match: "match" },
  { name: "2 0 1: not presented", presented: "leaf", chain: false, records: [["2 0 1", "ca"]], match: "mismatch" },
  { name: "2: the leaf is no anchor", presented: "leaf", records: [["2 0 1", "leaf"]], match: "mismatch" },
  { name: "2: expired", presented: "expired", records: [["2 1 1", "ca"]], match: "mismatch" },
  { name: "2: without the name", presented: "unnamed", records: [["2 1 1", "ca"]], match: "mismatch" },
  {
    name: "2: with the name of the base",
    presented: "host",
    base: "xmpp.host.example",
    records: [["2 1 1", "ca"]],
    match: "match"
  },
  { name: "2: with that of another base", presented: "host", records: [["2 1 1", "ca"]], match: "mismatch" },
  {
    name: "2: several, one has a path",
    presented: "leaf",
    records: [["2 0 0", "other"], ["2 1 1", "ca"]],
    match: "match"
  },
  // PKIX-EE, RFC 7671 §5.4
  { name: "1: PKIX accepts it", presented: "leaf", pkix: true, records: [["1 1 1", "leaf"]], match: "match" },
  { name: "1: PKIX does not", presented: "leaf", records: [["1 1 1", "leaf"]], match: "mismatch" },
  { name: "1: another", presented: "other", pkix: true, records: [["1 1 1", "leaf"]], match: "mismatch" },
  { name: "1: without the name", presented: "unnamed", pkix: true, records: [["1 1 1", "unnamed"]], match: "mismatch" },
  // PKIX-TA, RFC 7671 §5.3
  { name: "0: PKIX accepts it", presented: "leaf", pkix: true, records: [["0 1 1", "ca"]], match: "match" },
  { name: "0: the root counts", presented: "leaf", pkix: true, records: [["0 0 2", "root"]], match: "match" },
  { name: "0: the leaf is no CA", presented: "leaf", pkix: true, records: [["0 0 1", "leaf"]], match: "mismatch" },
  { name: "0: PKIX does not", presented: "leaf", records: [["0 1 1", "ca"]], match: "mismatch" },
  { name: "0: without the name", presented: "unnamed", pkix: true, records: [["0 1 1", "ca"]], match: "mismatch" }
]

const matchOf = (records: ReadonlyArray<TlsaRecord>, input: TlsaInput, base = "im.example") =>
  makeTlsaMatcher(input)(toUsable(records, all), domain(base))

const withBitChanged = ({ data, ...record }: TlsaRecord, octet: number, bit: number): TlsaRecord => {
  const changed = new Uint8Array(data)
  const at = octet % data.length
  changed[at] = (data[at] ?? 0) ^ (1 << bit)
  return { ...record, data: changed }
}

describe("makeTlsaMatcher", () => {
  it.effect.each(matchRows)(
    "POSH-PRF-24: $name",
    ({ base, chain = true, match, pkix, presented, records }) =>
      Effect.gen(function*() {
        const certificates = yield* world
        const leaf = certificates[presented]
        const path = [leaf, ...leaf.issuers].map(({ der }) => der)
        const input = presenting(leaf, {
          ...(chain ? {} : { issuers: [] }),
          pkixPath: () => pkix === true ? path : undefined
        })
        const given = records.map(([parameters, about]) => tlsa(parameters, certificates[about]))
        assert.strictEqual(matchOf(given, input, base).kind, match)
      })
  )

  it.effect("the end of the certificate counts, but for usage 3", () =>
    Effect.gen(function*() {
      const { ca, leaf } = yield* world
      const end = presenting(leaf).presented.certificate?.notAfter
      const ee = matchOf([tlsa("2 1 1", ca), tlsa("3 1 1", leaf)], presenting(leaf))
      assert.isTrue(ee.kind === "match" && ee.record.usage === 3 && ee.notAfter === undefined)
      const ta = matchOf([tlsa("2 1 1", ca)], presenting(leaf))
      assert.isTrue(ta.kind === "match" && ta.notAfter === end)
    }))

  const byHash: ReadonlyArray<readonly [parameters: string, about: "leaf" | "other" | "ca", kind: string]> = [
    ["3 0 1", "leaf", "match"],
    ["3 0 1", "other", "mismatch"],
    ["3 0 2", "leaf", "unknown"],
    ["3 1 1", "other", "unknown"],
    ["2 0 1", "ca", "unknown"],
    ["1 0 1", "leaf", "unknown"],
    ["1 0 1", "other", "mismatch"]
  ]
  it.effect.each(byHash)(
    "a SHA-256 alone, and %s of the %s: %s",
    ([parameters, about, kind]) =>
      Effect.gen(function*() {
        const certificates = yield* world
        const presented = new Presented({ "sha-256": tlsa("3 0 1", certificates.leaf).data })
        const input = presenting(certificates.leaf, { presented, issuers: [] })
        assert.strictEqual(matchOf([tlsa(parameters, certificates[about])], input).kind, kind)
      })
  )

  it.effect("searches a bounded number of paths, however many anchors and endpoints a domain names", () =>
    Effect.gen(function*() {
      const { ca, leaf, other } = yield* world
      const searches = { count: 0 }
      const match = makeTlsaMatcher(presenting(leaf, {
        findPath: () => {
          searches.count += 1
          return presenting(leaf).findPath({ leaf: leaf.der, intermediates: [], anchors: [other.der], now: 0 })
        }
      }))
      const records = toUsable(Array.from({ length: 100 }, () => tlsa("2 0 0", ca)), all)
      for (let endpoint = 0; endpoint < 20; endpoint += 1) {
        assert.strictEqual(match(records, domain("im.example")).kind, "mismatch")
      }
      assert.isAtMost(searches.count, 8)
    }))

  const position = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))
  it.effect.prop(
    "a changed octet never matches, and the order does not matter",
    [position, position],
    ([first, second]) =>
      Effect.gen(function*() {
        const { ca, leaf } = yield* world
        const parameters = ["3 0 0", "3 0 1", "3 0 2", "3 1 0", "3 1 1", "3 1 2", "2 0 1", "2 1 2"]
        const changed = parameters.map((one) =>
          withBitChanged(tlsa(one, one.startsWith("2") ? ca : leaf), first, second % 8)
        )
        assert.strictEqual(matchOf(changed, presenting(leaf)).kind, "mismatch")
        const place = second % changed.length
        const among = [...changed.slice(0, place), tlsa("3 0 0", leaf), ...changed.slice(place)]
        assert.strictEqual(matchOf(among, presenting(leaf)).kind, "match")
      })
  )

  const number = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
  it.effect.prop(
    "any record and a certificate of no one: never a match, never an exception",
    [
      Schema.Array(Schema.Struct({ usage: number, selector: number, matching: number, data: Schema.Uint8Array }))
    ],
    ([records]) =>
      Effect.map(world, ({ other }) => assert.strictEqual(matchOf(records, presenting(other)).kind, "mismatch"))
  )
})
