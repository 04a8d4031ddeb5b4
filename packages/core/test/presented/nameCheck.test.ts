import { assert, describe, it } from "@effect/vitest"
import { seedExample1, seedExample2, seedLeaf, selfSigned } from "@posh/testing"
import { Effect, Result, Schema } from "effect"
import { type CanonicalNames, canonicalNames, compareNames, matchesDomain } from "../../src/presented/NameCheck.ts"
import { type Domain, parseDomain } from "../../src/question/Domain.ts"
import { parseServices } from "../../src/question/parseServices.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"
import type { PresentedNames } from "../../src/x509/names.ts"

const domain = (text: string): Domain => Result.getOrThrow(parseDomain(text, { allowSpecialUse: true }))
const server = Result.getOrThrow(parseService("xmpp-server", registeredServices))
const sip = Result.getOrThrow(parseService("sip", Result.getOrThrow(parseServices("sip/udp"))))
const client = Result.getOrThrow(parseService("xmpp-client", registeredServices))

const named = (names: Partial<PresentedNames>): CanonicalNames =>
  canonicalNames({ dns: [], srv: [], xmpp: [], uri: [], ip: [], ...names })

interface Row {
  readonly name: string
  readonly names: Partial<PresentedNames>
  /** Default `im.example.com`. */
  readonly domain?: string
  readonly matches: boolean
}

const rows: ReadonlyArray<Row> = [
  { name: "DNS-ID: equal", names: { dns: ["im.example.com"] }, matches: true },
  { name: "DNS-ID: letter case", names: { dns: ["IM.Example.COM"] }, matches: true },
  { name: "DNS-ID: any of several", names: { dns: ["a.example.com", "im.example.com"] }, matches: true },
  { name: "DNS-ID: a parent", names: { dns: ["example.com"] }, matches: false },
  { name: "DNS-ID: a child", names: { dns: ["www.im.example.com"] }, matches: false },
  { name: "DNS-ID: a suffix that is no label", names: { dns: ["m.example.com"] }, matches: false },
  { name: "DNS-ID: a trailing dot", names: { dns: ["im.example.com."] }, matches: false },
  { name: "DNS-ID: empty", names: { dns: [""] }, matches: false },
  {
    name: "DNS-ID: the Kelvin sign is no k",
    names: { dns: ["\u212aiel.example"] },
    domain: "kiel.example",
    matches: false
  },
  { name: "DNS-ID: A-labels", names: { dns: ["xn--bcher-kva.example"] }, domain: "bücher.example", matches: true },
  {
    name: "DNS-ID: U-labels do not count",
    names: { dns: ["bücher.example"] },
    domain: "bücher.example",
    matches: false
  },
  { name: "wildcard: one label", names: { dns: ["*.example.com"] }, matches: true },
  { name: "wildcard: an A-label", names: { dns: ["*.example"] }, domain: "bücher.example", matches: true },
  { name: "wildcard: no label", names: { dns: ["*.im.example.com"] }, matches: false },
  { name: "wildcard: two labels", names: { dns: ["*.com"] }, matches: false },
  { name: "wildcard: alone", names: { dns: ["*"] }, matches: false },
  { name: "wildcard: part of a label, end", names: { dns: ["i*.example.com"] }, matches: false },
  { name: "wildcard: part of a label, start", names: { dns: ["*m.example.com"] }, matches: false },
  { name: "wildcard: not left-most", names: { dns: ["im.*.com"] }, matches: false },
  { name: "wildcard: twice", names: { dns: ["*.*.com"] }, matches: false },
  { name: "wildcard: for nothing", names: { dns: ["*."] }, matches: false },
  { name: "SRV-ID: equal", names: { srv: ["_xmpp-server.im.example.com"] }, matches: true },
  { name: "POSH-PRF-05: letter case", names: { srv: ["_XMPP-Server.IM.example.com"] }, matches: true },
  { name: "POSH-PRF-05: other service", names: { srv: ["_xmpp-client.im.example.com"] }, matches: false },
  {
    name: "POSH-PRF-05: each service with its own name only",
    names: { srv: ["_xmpp-client.im.example.com", "_xmpp-server.a.example.com"] },
    matches: false
  },
  { name: "SRV-ID: with protocol", names: { srv: ["_xmpp-server._tcp.im.example.com"] }, matches: false },
  { name: "SRV-ID: no wildcard", names: { srv: ["_xmpp-server.*.example.com"] }, matches: false },
  { name: "SRV-ID: no service", names: { srv: ["im.example.com"] }, matches: false },
  { name: "XmppAddr: equal", names: { xmpp: ["im.example.com"] }, matches: true },
  { name: "XmppAddr: letter case", names: { xmpp: ["IM.example.com"] }, matches: true },
  {
    name: "POSH-PRF-06: U-labels",
    names: { xmpp: ["BÜCHER.example"] },
    domain: "xn--bcher-kva.example",
    matches: true
  },
  { name: "XmppAddr: A-labels", names: { xmpp: ["xn--bcher-kva.example"] }, domain: "bücher.example", matches: true },
  { name: "XmppAddr: localpart", names: { xmpp: ["me@im.example.com"] }, matches: false },
  { name: "XmppAddr: resource", names: { xmpp: ["im.example.com/home"] }, matches: false },
  { name: "XmppAddr: no wildcard", names: { xmpp: ["*.example.com"] }, matches: false },
  { name: "URIs do not count", names: { uri: ["xmpp:im.example.com", "https://im.example.com/"] }, matches: false },
  { name: "addresses do not count", names: { ip: ["192.0.2.1"] }, matches: false },
  { name: "no name", names: {}, matches: false }
]

describe("matchesDomain (POSH-PRF-02…06)", () => {
  it.each(rows)("$name", ({ domain: text = "im.example.com", matches, names }) => {
    assert.strictEqual(matchesDomain(named(names), domain(text), server), matches)
  })

  it.each<[Partial<PresentedNames>, boolean]>([
    [{ dns: ["im.example.com"] }, true],
    [{ srv: ["_sip.im.example.com"] }, true],
    [{ srv: ["_xmpp-server.im.example.com"] }, false],
    [{ xmpp: ["im.example.com"] }, false]
  ])("of another service, %j: %s", (names, matches) => {
    assert.strictEqual(matchesDomain(named(names), domain("im.example.com"), sip), matches)
  })

  it.prop(
    "a wildcard stands for exactly one label",
    [Schema.Array(Schema.Literals(["a", "b-c", "xn--bcher-kva"]))],
    ([labels]) => {
      const name = domain([...labels, "example", "com"].join("."))
      assert.strictEqual(matchesDomain(named({ dns: ["*.example.com"] }), name, server), labels.length === 1)
    }
  )
})

describe("names of real certificates (Appendix A.3.3)", () => {
  const seeds = [
    ["example 1 by XmppAddr", seedLeaf(seedExample1), "im.example.com", true],
    ["POSH-PRF-03: example 2, key 0, has a Common Name alone", seedLeaf(seedExample2, 0), "hosting.example.net", false],
    ["example 2, key 1, by XmppAddr", seedLeaf(seedExample2, 1), "hosting.example.net", true]
  ] as const
  it.each(seeds)("%s", (_, der, text, matches) => {
    const { names } = Result.getOrThrow(parseCertificate(der))
    assert.strictEqual(matchesDomain(canonicalNames(names), domain(text), client), matches)
  })

  it.effect("every kind of name", () =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned({
        subject: "CN=common.example",
        dnsNames: ["Dns.example", "*.wild.example"],
        srvNames: ["_xmpp-server.srv.example"],
        xmppAddrs: ["bücher.example"],
        uris: ["https://uri.example/"]
      })
      const { names } = Result.getOrThrow(parseCertificate(der))
      const asked = ["dns", "a.wild", "srv", "bücher", "common", "uri"].map((label) =>
        matchesDomain(canonicalNames(names), domain(`${label}.example`), server)
      )
      assert.deepStrictEqual(asked, [true, true, true, true, false, false])
    }))
})

describe("compareNames (POSH-MAT-50)", () => {
  const names = named({ dns: ["hosting.example.net"] })
  const source = domain("im.example.com")
  const delegated = domain("hosting.example.net")

  it("source and delegated domain separately", () => {
    assert.deepStrictEqual(compareNames({ names, source, delegated, service: server }), {
      source: false,
      delegated: true
    })
  })

  it("POSH-PRF-07: the derived domain if given", () => {
    assert.deepStrictEqual(
      compareNames({ names, source, delegated: source, derived: [delegated], service: server }),
      { source: false, delegated: false, derived: true }
    )
  })
})

describe("POSH-SEC-13: the mapping of names is bounded, and a skipped name matches nothing", () => {
  const uLabels = (count: number, last: string) => [
    ...Array.from({ length: count }, (_, index) => `${"ü".repeat(100)}${index}.example`),
    last
  ]
  const bücher = domain("bücher.example")

  it.each<[string, ReadonlyArray<string>, Domain, boolean]>([
    ["few U-labels", uLabels(10, "bücher.example"), bücher, true],
    ["one U-label behind too many", uLabels(100, "bücher.example"), bücher, false],
    [
      "the same U-labels 500 times",
      uLabels(1, "bücher.example").flatMap((name) => Array(500).fill(name)),
      bücher,
      true
    ],
    ["an A-label behind too many", uLabels(100, "xn--bcher-kva.example"), bücher, false],
    ["a plain name behind too many", uLabels(100, "im.example"), domain("im.example"), true],
    ["capitals behind too many", uLabels(100, "IM.Example"), domain("im.example"), true]
  ])("XmppAddr: %s", (_, xmpp, source, expected) => {
    assert.strictEqual(matchesDomain(named({ xmpp }), source, server), expected)
  })
})
