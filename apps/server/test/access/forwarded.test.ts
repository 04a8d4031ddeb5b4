/**
 * The client behind proxies. What a client writes itself must have no effect.
 */
import { assert, describe, it } from "@effect/vitest"
import { parseNetworks } from "@posh/core/node"
import { Effect, Result, Schema } from "effect"
import { clientAddress, mostHops } from "../../src/access/forwarded/clientAddress.ts"

const trusted = Result.getOrThrow(parseNetworks("10.0.0.0/8, fd00::/8, 127.0.0.1/32"))
const proxy = "10.0.0.1"

interface Row {
  readonly name: string
  readonly peer?: string
  readonly forwarded?: ReadonlyArray<string>
  readonly forwardedFor?: ReadonlyArray<string>
  readonly others?: boolean
  readonly address: string
  readonly isRelayed: boolean
}

const client = (name: string, address: string, fields: Pick<Row, "forwarded" | "forwardedFor" | "peer">): Row => ({
  name,
  ...fields,
  address,
  isRelayed: true
})
/** The client is not known: the address is that of the proxy. */
const unknown = (name: string, fields: Pick<Row, "forwarded" | "forwardedFor" | "others">): Row => ({
  name,
  ...fields,
  address: proxy,
  isRelayed: true
})

const rows: ReadonlyArray<Row> = [
  { name: "no proxy", peer: "192.0.2.1", address: "192.0.2.1", isRelayed: false },
  { name: "a trusted proxy that asks itself", address: proxy, isRelayed: false },
  client("fields of a peer that is not trusted", "192.0.2.1", { peer: "192.0.2.1", forwardedFor: ["198.51.100.1"] }),
  client("X-Forwarded-For", "198.51.100.1", { forwardedFor: ["198.51.100.1"] }),
  client("X-Forwarded-For with a port", "198.51.100.1", { forwardedFor: ["198.51.100.1:4711"] }),
  client("X-Forwarded-For of IPv6", "2001:db8::1", { forwardedFor: ["2001:DB8:0:0::1"] }),
  client("X-Forwarded-For of IPv6 in brackets", "2001:db8::1", { forwardedFor: ["[2001:db8::1]"] }),
  client("X-Forwarded-For of IPv6 with a port", "2001:db8::1", { forwardedFor: ["[2001:db8::1]:4711"] }),
  client("X-Forwarded-For of mapped IPv4", "198.51.100.1", { forwardedFor: ["::ffff:198.51.100.1"] }),
  client("a peer of mapped IPv4", "198.51.100.1", { peer: "::ffff:10.0.0.1", forwardedFor: ["198.51.100.1"] }),
  client("what the client wrote on the left", "198.51.100.1", { forwardedFor: ["1.2.3.4, 198.51.100.1"] }),
  client("what the client wrote in a line before", "198.51.100.1", { forwardedFor: ["1.2.3.4", "198.51.100.1"] }),
  client("nonsense that the client wrote", "198.51.100.1", { forwardedFor: ["\"x;, , 198.51.100.1"] }),
  client("a trusted address that the client wrote", "198.51.100.1", { forwardedFor: ["10.0.0.9, 198.51.100.1"] }),
  client("two trusted proxies", "198.51.100.1", { forwardedFor: ["1.2.3.4, 198.51.100.1, 10.0.0.2, fd00::1"] }),
  client("trusted proxies alone: the first", "10.0.0.3", { forwardedFor: ["10.0.0.3, 10.0.0.2"] }),
  client("empty elements", "198.51.100.1", { forwardedFor: [", 198.51.100.1,,"] }),
  { name: "this machine", forwardedFor: ["127.0.0.1"], address: "127.0.0.1", isRelayed: false },
  { name: "this machine by IPv6", forwarded: ["for=\"[::1]\""], address: "::1", isRelayed: false },
  unknown("an empty field", { forwardedFor: [""] }),
  unknown("commas alone", { forwardedFor: [",,"] }),
  unknown("a name", { forwardedFor: ["198.51.100.1, localhost"] }),
  unknown("`unknown`", { forwardedFor: ["198.51.100.1, unknown"] }),
  unknown("a zone", { forwardedFor: ["fe80::1%eth0"] }),
  unknown("an octet of 256", { forwardedFor: ["198.51.100.256"] }),
  unknown("an octet with a zero before it", { forwardedFor: ["198.51.100.01"] }),
  unknown("a number", { forwardedFor: ["3325256705"] }),
  unknown("a port of six digits", { forwardedFor: ["198.51.100.1:123456"] }),
  unknown("another field of proxies", { others: true }),
  unknown("more hops than are followed", {
    forwardedFor: [`198.51.100.1, ${Array.from({ length: mostHops }, () => "10.0.0.2").join(", ")}`]
  }),

  client("Forwarded", "198.51.100.1", { forwarded: ["for=198.51.100.1"] }),
  client("Forwarded of IPv6 with a port", "2001:db8::1", { forwarded: ["For=\"[2001:db8::1]:4711\";proto=https"] }),
  client("Forwarded with other parameters", "198.51.100.1", {
    forwarded: ["by=203.0.113.43;FOR=198.51.100.1 ; host=\"a,b;for=1.2.3.4\"; proto=http"]
  }),
  client("Forwarded with an obfuscated port", "198.51.100.1", { forwarded: ["for=\"198.51.100.1:_http\""] }),
  client("Forwarded with escapes", "198.51.100.1", { forwarded: ["for=\"198\\.51.100.1\""] }),
  client("Forwarded by two proxies", "198.51.100.1", {
    forwarded: ["for=1.2.3.4", "for=198.51.100.1, for=10.0.0.2;proto=https"]
  }),
  client("a malformed line that the client wrote", "198.51.100.1", { forwarded: ["for=\"", "for=198.51.100.1"] }),
  client("both fields, which agree", "198.51.100.1", {
    forwarded: ["for=198.51.100.1"],
    forwardedFor: ["198.51.100.1"]
  }),
  unknown("both fields, which do not agree", { forwarded: ["for=1.2.3.4"], forwardedFor: ["198.51.100.1"] }),
  unknown("both fields, one unusable", { forwarded: ["for=unknown"], forwardedFor: ["198.51.100.1"] }),
  unknown("an obfuscated identifier", { forwarded: ["for=_hidden"] }),
  unknown("no `for`", { forwarded: ["for=198.51.100.1, proto=https"] }),
  unknown("`for` twice", { forwarded: ["for=198.51.100.1;for=198.51.100.2"] }),
  unknown("a quote that is not closed", { forwarded: ["for=198.51.100.1, for=\"10.0.0.2"] }),
  unknown("a quote of the client around the proxy's word", { forwarded: ["for=\"x, for=\"[2001:db8::1]\""] }),
  unknown("IPv6 without brackets", { forwarded: ["for=\"2001:db8::1\""] }),
  unknown("IPv6 without quotes", { forwarded: ["for=[2001:db8::1]"] }),
  unknown("white space around the equals sign", { forwarded: ["for = 198.51.100.1"] })
]

describe("the address of the client (RFC 7239)", () => {
  for (const { address, forwarded = [], forwardedFor = [], isRelayed, name, others = false, peer = proxy } of rows) {
    it(name, () => {
      assert.deepStrictEqual(clientAddress(peer, { forwarded, forwardedFor, others }, trusted), { address, isRelayed })
    })
  }

  it("without trusted proxies no field counts", () => {
    const fields = { forwarded: [], forwardedFor: ["198.51.100.1"], others: false }
    assert.deepStrictEqual(clientAddress("127.0.0.1", fields, []), { address: "127.0.0.1", isRelayed: true })
  })

  it.effect.prop(
    "whatever the client writes before the proxy's line, the client is the same",
    [Schema.Array(Schema.String)],
    ([lines]) =>
      Effect.sync(() => {
        const byCustom = clientAddress(proxy, {
          forwarded: [],
          forwardedFor: [...lines, "198.51.100.1"],
          others: false
        }, trusted)
        const byStandard = clientAddress(proxy, {
          forwarded: [...lines, "for=198.51.100.1"],
          forwardedFor: [],
          others: false
        }, trusted)
        assert.strictEqual(byCustom.address, "198.51.100.1")
        assert.strictEqual(byStandard.address, "198.51.100.1")
      })
  )
})
