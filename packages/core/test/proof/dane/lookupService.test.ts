import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "dns-packet"
import { Effect } from "effect"
import { lookupService } from "../../../src/proof/dane/lookupService.ts"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { type FakeAnswer, fakeTransport } from "./fakeTransport.ts"
import { domain, server } from "./world.ts"

const owner = "_xmpp-server._tcp.im.example"
const target = "xmpp.host.example"
const srvRecord = (to: string, changes: { port?: number; priority?: number; weight?: number } = {}): Answer => ({
  type: "SRV",
  name: owner,
  ttl: 300,
  data: { priority: 10, weight: 5, port: 5269, target: to, ...changes }
})
const srv = (...targets: ReadonlyArray<string>): FakeAnswer => ({ answers: targets.map((to) => srvRecord(to)) })
const a = (name = target): Answer => ({ type: "A", name, ttl: 200, data: "192.0.2.1" })
const aaaa = (name = target): Answer => ({ type: "AAAA", name, ttl: 150, data: "2001:db8::1" })
const cname = (name: string, to: string): Answer => ({ type: "CNAME", name, ttl: 120, data: to })
const tlsaRecord = (name = `_5269._tcp.${target}`): Answer => ({
  type: "TLSA",
  name,
  ttl: 90,
  data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32) }
})
const bogus: FakeAnswer = { rcode: 2, extendedError: 6 }

const secureTarget = { [`${owner} SRV`]: srv(target), [`${target} A`]: { answers: [a()] } }
const all = { ...secureTarget, [`_5269._tcp.${target} TLSA`]: { answers: [tlsaRecord()] } }

interface Row {
  readonly name: string
  readonly table: Readonly<Record<string, FakeAnswer>>
  /** The state of the service, or of its endpoints. */
  readonly found: ReadonlyArray<string>
  /** Names below which TLSA was asked for; default none. */
  readonly tlsa?: ReadonlyArray<string>
}

const at = `_5269._tcp.${target}`

const rows: ReadonlyArray<Row> = [
  { name: "all is secure", table: all, found: [`records at ${target}, 90 s`], tlsa: [at] },
  { name: "no SRV", table: {}, found: ["SrvAbsent"] },
  { name: "no SRV, insecure", table: { [`${owner} SRV`]: { secure: false } }, found: ["SrvAbsent"] },
  {
    name: "SRV insecure",
    table: { ...all, [`${owner} SRV`]: { ...srv(target), secure: false } },
    found: ["SrvInsecure"]
  },
  { name: "SRV bogus", table: { ...all, [`${owner} SRV`]: bogus }, found: ["srv bogus"] },
  { name: "SRV without an answer", table: { ...all, [`${owner} SRV`]: { down: true } }, found: ["srv indeterminate"] },
  { name: "not offered", table: { ...all, [`${owner} SRV`]: srv(".") }, found: ["NotOffered"] },
  {
    name: "not offered, and yet a target",
    table: { ...all, [`${owner} SRV`]: srv(".", target) },
    found: [`records at ${target}, 90 s`],
    tlsa: [at]
  },
  {
    name: "an address insecure",
    table: { ...all, [`${target} A`]: { answers: [a()], secure: false } },
    found: ["AddressInsecure"]
  },
  {
    name: "one of the addresses secure",
    table: {
      ...all,
      [`${target} A`]: { answers: [a()], secure: false },
      [`${target} AAAA`]: { answers: [aaaa()] }
    },
    found: [`records at ${target}, 90 s`],
    tlsa: [at]
  },
  { name: "no address", table: { [`${owner} SRV`]: srv(target) }, found: ["AddressAbsent"] },
  { name: "an address bogus", table: { ...all, [`${target} AAAA`]: bogus }, found: ["address bogus"] },
  {
    name: "an address without an answer",
    table: { ...all, [`${target} A`]: { rcode: 5 } },
    found: ["address indeterminate"]
  },
  { name: "no TLSA", table: secureTarget, found: ["TlsaAbsent"], tlsa: [at] },
  {
    name: "TLSA insecure",
    table: { ...all, [`${at} TLSA`]: { answers: [tlsaRecord()], secure: false } },
    found: ["TlsaInsecure"],
    tlsa: [at]
  },
  { name: "TLSA bogus", table: { ...all, [`${at} TLSA`]: bogus }, found: ["tlsa bogus"], tlsa: [at] },
  {
    name: "TLSA without an answer",
    table: { ...all, [`${at} TLSA`]: { rcode: 2 } },
    found: ["tlsa indeterminate"],
    tlsa: [at]
  },
  {
    name: "an alias at SRV",
    table: {
      ...all,
      [`${owner} SRV`]: {
        answers: [cname(owner, "srv.host.example"), { ...srvRecord(target), name: "srv.host.example" }]
      }
    },
    found: [`records at ${target}, 90 s`],
    tlsa: [at]
  },
  {
    name: "an alias at TLSA: the base stays",
    table: { ...all, [`${at} TLSA`]: { answers: [cname(at, "tlsa.host.example"), tlsaRecord("tlsa.host.example")] } },
    found: [`records at ${target}, 90 s`],
    tlsa: [at]
  },
  {
    name: "RFC 7671 §7: an alias at the target, and TLSA below what it leads to",
    table: {
      ...all,
      [`${target} A`]: { answers: [cname(target, "real.example"), a("real.example")] },
      "_5269._tcp.real.example TLSA": { answers: [tlsaRecord("_5269._tcp.real.example")] }
    },
    found: ["records at real.example, 90 s"],
    tlsa: ["_5269._tcp.real.example"]
  },
  {
    name: "RFC 7671 §7: an alias at the target, and TLSA below the target alone",
    table: { ...all, [`${target} A`]: { answers: [cname(target, "real.example"), a("real.example")] } },
    found: [`records at ${target}, 90 s`],
    tlsa: ["_5269._tcp.real.example", at]
  },
  {
    name: "RFC 7671 §7: an alias at the target, and TLSA below what it leads to is bogus",
    table: {
      ...all,
      [`${target} A`]: { answers: [cname(target, "real.example"), a("real.example")] },
      "_5269._tcp.real.example TLSA": bogus
    },
    found: ["tlsa bogus"],
    tlsa: ["_5269._tcp.real.example"]
  },
  { name: "a target that is no domain", table: { [`${owner} SRV`]: srv("localhost") }, found: ["InvalidTarget"] },
  { name: "a target that is an address", table: { [`${owner} SRV`]: srv("192.0.2.1") }, found: ["InvalidTarget"] },
  {
    name: "port 0",
    table: { [`${owner} SRV`]: { answers: [srvRecord(target, { port: 0 })] } },
    found: ["InvalidTarget"]
  },
  {
    name: "another port",
    table: { ...secureTarget, [`${owner} SRV`]: { answers: [srvRecord(target, { port: 443 })] } },
    found: ["TlsaAbsent"],
    tlsa: [`_443._tcp.${target}`]
  },
  {
    name: "two targets, and one is bogus",
    table: { ...all, [`${owner} SRV`]: srv(target, "b.example"), "b.example A": bogus },
    found: [`records at ${target}, 90 s`, "address bogus"],
    tlsa: [at]
  },
  {
    name: "a target twice",
    table: { ...all, [`${owner} SRV`]: srv(target, target) },
    found: [`records at ${target}, 90 s`],
    tlsa: [at]
  }
]

const lookup = (table: Readonly<Record<string, FakeAnswer>>, asked: Array<string> = [], of = "im.example") =>
  lookupService({
    domain: domain(of),
    service: server,
    domainPolicy: { allowSpecialUse: true },
    deadline: { ms: 5_000 }
  })
    .pipe(Effect.provide(SecureResolver.layer), Effect.provide(fakeTransport(table, asked)))

type State = Effect.Success<ReturnType<typeof lookup>>
type Part = State | Extract<State, { readonly kind: "endpoints" }>["endpoints"][number]
const textOf = (part: Part): string => {
  if (part.kind === "untrusted") return `${part.step} ${part.status}`
  if (part.kind === "records") return `records at ${part.base}, ${part.ttl} s`
  return part.kind === "not-applicable" ? part.reason : part.kind
}

describe("lookupService", () => {
  it.effect.each(rows)("POSH-PRF-21: $name", ({ found, table, tlsa = [] }) =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const state = yield* lookup(table, asked)
      assert.deepStrictEqual((state.kind === "endpoints" ? state.endpoints : [state]).map(textOf), found)
      assert.deepStrictEqual(asked.filter((one) => one.endsWith(" TLSA")), tlsa.map((one) => `${one} TLSA`))
    }))

  it.effect("looks up eight targets, the preferred ones", () =>
    Effect.gen(function*() {
      const many = [
        ...Array.from({ length: 20 }, (_, index) => srvRecord(`t${index}.example`, { priority: 100 - index })),
        srvRecord("t19.example", { priority: 200 }) // again, as the last resort
      ]
      const state = yield* lookup({ [`${owner} SRV`]: { answers: many } })
      assert.isTrue(state.kind === "endpoints")
      if (state.kind !== "endpoints") return
      assert.deepStrictEqual(state.endpoints.map((one) => one.target).slice(0, 2), ["t19.example", "t18.example"])
      assert.strictEqual(state.endpoints.length, 8)
      assert.strictEqual(state.leftOut, 12)
    }))

  it.effect("a domain whose SRV name is too long for DNS has none", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(58)}.example`
      assert.strictEqual(textOf(yield* lookup({}, asked, long)), "SrvAbsent")
      assert.deepStrictEqual(asked, [])
    }))
})
