import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { addressFault, parseNetworks, vetAddresses } from "../../src/node/AddressPolicy.ts"

/** The fault, or `undefined` for addresses that may be dialled. */
const table: ReadonlyArray<readonly [address: string, fault: string | undefined]> = [
  // Public
  ["1.1.1.1", undefined],
  ["8.8.8.8", undefined],
  ["9.255.255.255", undefined],
  ["11.0.0.0", undefined],
  ["100.63.255.255", undefined],
  ["100.128.0.0", undefined],
  ["128.0.0.1", undefined],
  ["168.63.129.15", undefined],
  ["172.15.255.255", undefined],
  ["172.32.0.0", undefined],
  ["192.0.1.0", undefined],
  ["192.167.255.255", undefined],
  ["198.17.255.255", undefined],
  ["198.20.0.0", undefined],
  ["223.255.255.255", undefined],
  ["2606:4700:4700::1111", undefined],
  ["2620:4f:8000::1", undefined], // AS112: special, and globally reachable
  ["2a00:1450:4001:81b::2004", undefined],
  ["2003::1", undefined],

  // IANA IPv4 Special-Purpose Address Registry, multicast
  ["0.0.0.0", "this network"],
  ["0.1.2.3", "this network"],
  ["10.0.0.1", "private use"],
  ["10.255.255.255", "private use"],
  ["100.64.0.1", "shared address space"],
  ["100.127.255.255", "shared address space"],
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["169.254.0.1", "link local"],
  ["172.16.0.1", "private use"],
  ["172.31.255.255", "private use"],
  ["192.0.0.1", "protocol assignments"],
  ["192.0.2.1", "documentation"],
  ["192.88.99.1", "6to4 relay anycast"],
  ["192.168.0.1", "private use"],
  ["198.18.0.1", "benchmarking"],
  ["198.19.255.255", "benchmarking"],
  ["198.51.100.1", "documentation"],
  ["203.0.113.1", "documentation"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.255", "multicast"],
  ["240.0.0.1", "reserved or broadcast"],
  ["255.255.255.255", "reserved or broadcast"],

  // Cloud metadata
  ["169.254.169.254", "link local"], // most clouds
  ["169.254.170.2", "link local"], // containers at Amazon
  ["100.100.100.200", "shared address space"], // Alibaba
  ["192.0.0.192", "protocol assignments"], // Oracle
  ["168.63.129.16", "cloud platform"], // Azure
  ["fd00:ec2::254", "no global unicast"], // Amazon
  ["fd20:ce::254", "no global unicast"], // Google

  // IANA IPv6 Special-Purpose Address Registry, multicast
  ["::", "this network"],
  ["::1", "this network"],
  ["64:ff9b:1::1", "no global unicast"], // local-use NAT64
  ["64:ff9b:1::808:808", "no global unicast"],
  ["100::1", "no global unicast"], // discard
  ["100:0:0:1::1", "no global unicast"], // dummy prefix
  ["2001:1::1", "protocol assignments"],
  ["2001:2::1", "protocol assignments"], // benchmarking
  ["2001:3::1", "protocol assignments"], // AMT
  ["2001:10::1", "protocol assignments"], // ORCHID
  ["2001:20::1", "protocol assignments"], // ORCHIDv2
  ["2001:30::1", "protocol assignments"], // DRIP
  ["2001:db8::1", "documentation"],
  ["3fff::1", "documentation"],
  ["3fff:fff:ffff::1", "documentation"],
  ["5f00::1", "no global unicast"], // segment routing
  ["4000::1", "no global unicast"], // unassigned
  ["fc00::1", "no global unicast"], // unique local
  ["fdff:ffff::1", "no global unicast"],
  ["fe80::1", "no global unicast"], // link local
  ["fec0::1", "no global unicast"], // site local
  ["ff02::1", "no global unicast"], // multicast

  // IPv4 embedded in IPv6: mapped, in every notation
  ["::ffff:8.8.8.8", undefined],
  ["::ffff:808:808", undefined],
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:7f00:1", "loopback"],
  ["::FFFF:7F00:0001", "loopback"],
  ["0:0:0:0:0:ffff:7f00:1", "loopback"],
  ["0000:0000:0000:0000:0000:ffff:169.254.169.254", "link local"],
  // compatible
  ["::8.8.8.8", undefined],
  ["::808:808", undefined],
  ["::127.0.0.1", "loopback"],
  ["::7f00:1", "loopback"],
  ["::a00:1", "private use"],
  // translated (SIIT): no global unicast, whatever IPv4 address it embeds
  ["::ffff:0:8.8.8.8", "no global unicast"],
  // NAT64
  ["64:ff9b::8.8.8.8", undefined],
  ["64:ff9b::808:808", undefined],
  ["64:ff9b::10.0.0.1", "private use"],
  ["64:ff9b::a9fe:a9fe", "link local"],
  ["64:ff9b:0:0:0:1::a00:1", "not an IP address"],
  ["64:ff9b:0:0:0:1:a00:1", "no global unicast"], // beyond the /96
  // 6to4
  ["2002:808:808::1", undefined],
  ["2002:a00:1::1", "private use"],
  ["2002:7f00:1::", "loopback"],
  ["2002:c058:6301::", "6to4 relay anycast"],
  // Teredo: the client's address is XORed
  ["2001:0:4136:e378:8000:63bf:f7f7:f7f7", undefined], // 8.8.8.8
  ["2001:0:4136:e378:8000:63bf:80ff:fffe", "loopback"], // 127.0.0.1
  ["2001:0:4136:e378:8000:63bf:f5ff:fffe", "private use"], // 10.0.0.1
  ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "documentation"], // 192.0.2.45

  // Not the text of an address
  ["fe80::1%eth0", "not an IP address"],
  ["2606:4700::1%1", "not an IP address"],
  ["[::1]", "not an IP address"],
  ["127.1", "not an IP address"],
  ["0x7f.0.0.1", "not an IP address"],
  ["010.0.0.1", "not an IP address"],
  ["2130706433", "not an IP address"],
  ["1.1.1.1 ", "not an IP address"],
  ["", "not an IP address"],
  ["localhost", "not an IP address"]
]

describe("addressFault (POSH-SEC-10)", () => {
  it.each(table)("%s → %s", (address, fault) => assert.strictEqual(addressFault(address), fault))

  it.effect.prop(
    "any text has an answer",
    [Schema.String],
    ([text]) => Effect.sync(() => assert.include(["string", "undefined"], typeof addressFault(text)))
  )

  const octet = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
  it.effect.prop("every embedding of an IPv4 address is judged as that address", [octet, octet, octet, octet], (
    [a, b, c, d]
  ) =>
    Effect.sync(() => {
      const address = `${a}.${b}.${c}.${d}`
      const hex = (high: number, low: number) => (high * 256 + low).toString(16)
      const forms = [
        `::ffff:${address}`,
        `::${address}`,
        `64:ff9b::${address}`,
        `2002:${hex(a, b)}:${hex(c, d)}::1`,
        `2001:0:1:1:0:0:${hex(255 - a, 255 - b)}:${hex(255 - c, 255 - d)}`
      ]
      assert.deepStrictEqual(forms.map((form) => addressFault(form)), forms.map(() => addressFault(address)))
    }))
})

const networks = (text: string) => Result.getOrThrow(parseNetworks(text))

describe("exempt networks", () => {
  it.each([
    ["10.0.0.0/8", "10.1.2.3", undefined],
    ["10.0.0.0/8", "::ffff:10.1.2.3", undefined],
    ["10.0.0.0/8", "64:ff9b::10.1.2.3", undefined],
    ["10.0.0.0/8", "11.0.0.0", undefined],
    ["10.0.0.0/8", "192.168.0.1", "private use"],
    ["10.0.0.0/16", "10.1.0.0", "private use"],
    ["127.0.0.1/32, fd00::/8", "fd12::1", undefined],
    ["127.0.0.1/32, fd00::/8", "127.0.0.2", "loopback"],
    ["::1/128", "::1", undefined],
    ["::/0", "fe80::1", undefined],
    ["::/0", "fe80::1%eth0", "not an IP address"],
    ["0.0.0.0/0", "fe80::1", "no global unicast"]
  ])("%s: %s → %s", (text, address, fault) => assert.strictEqual(addressFault(address, networks(text)), fault))
})

describe("parseNetworks (POSH_ALLOW_NETWORKS)", () => {
  it("accepts nothing", () => assert.deepStrictEqual(networks(" "), []))

  it.each([
    ["10.0.0.0", "\"10.0.0.0\" is no CIDR block: expected an address and prefix length separated by one slash"],
    ["10.1.0.0/8", "\"10.1.0.0/8\" is no CIDR block: address has non-zero host bits"],
    ["10.0.0.0/33", "\"10.0.0.0/33\" is no CIDR block: prefix length must be an integer from 0 through 32"],
    ["10.0.0.0/8,,", "\"\" is no CIDR block: expected an address and prefix length separated by one slash"]
  ])("refuses %s", (text, detail) => {
    const failure = Result.getOrThrow(Result.flip(parseNetworks(text)))
    assert.deepStrictEqual([failure.option, failure.detail], ["allowNetworks", detail])
  })
})

describe("vetAddresses", () => {
  it("drops the refused and keeps the order", () =>
    assert.deepStrictEqual(
      Result.getOrThrow(vetAddresses(["2606:4700::1", "::1", "10.0.0.1", "1.1.1.1"], [])),
      ["2606:4700::1", "1.1.1.1"]
    ))

  it.each([
    [["127.0.0.1"], "127.0.0.1: loopback"],
    [["fd00::1", "10.0.0.1"], "fd00::1: no global unicast, 10.0.0.1: private use"],
    [
      Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`),
      "10.0.0.0: private use, 10.0.0.1: private use, 10.0.0.2: private use, 10.0.0.3: private use, and 96 more"
    ]
  ])("BlockedAddress %#", (addresses, detail) => {
    const failure = Result.getOrThrow(Result.flip(vetAddresses(addresses, [])))
    assert.deepStrictEqual([failure.code, failure.detail], ["BlockedAddress", detail])
  })
})
