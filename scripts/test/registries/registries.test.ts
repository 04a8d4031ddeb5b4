/**
 * The comparison with IANA's registries, on excerpts in their format, in which entries are planted.
 */
import { assert, describe, it } from "@effect/vitest"
import { IpNetwork } from "effect/net"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { compareAddresses } from "../../registries/addresses.ts"
import { compareNames } from "../../registries/names.ts"
import { addressRules, nameRules } from "../../registries/ours.ts"

const excerpt = (name: string) => readFileSync(join(import.meta.dirname, `${name}.csv`), "utf8")
const ipv4 = excerpt("ipv4")
const ipv6 = excerpt("ipv6")
const names = excerpt("names")

/** A row as of a block that was registered since. */
const row = (block: string, reachable: string) =>
  `${block},Planted,[RFC9999],2030-01,N/A,True,True,True,${reachable},False\n`

/** The policy, as far as the excerpts go. */
const blocks = ["0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "255.255.255.255/32", "2001::/23"]
const rules = { ...addressRules, blocks: blocks.map(IpNetwork.fromStringUnsafe), own: {} }

describe("addresses", () => {
  it("agree", () => assert.deepStrictEqual(compareAddresses([ipv4, ipv6], rules), []))

  it.each([
    [
      row("203.0.112.0/24", "False"),
      "203.0.112.0/24 (Planted) is not globally reachable, but 203.0.112.0 would be dialled"
    ],
    [
      row("\"198.51.99.1/32, 198.51.100.1/32\"", "False [7]"),
      "198.51.99.1/32 (Planted) is not globally reachable, but 198.51.99.1 would be dialled"
    ],
    [row("9.0.0.0/8", "False"), "9.0.0.0/8 (Planted) is not globally reachable, but 9.0.0.0 would be dialled"],
    // The policy refuses the beginning of this one.
    [row("10.0.0.0/7", "False"), "10.0.0.0/7 (Planted) is not globally reachable, but 11.0.0.0 would be dialled"],
    [row("2c00:1::/32", "False"), "2c00:1::/32 (Planted) is not globally reachable, but 2c00:1:: would be dialled"],
    [row("2000::/3", "False"), "2000::/3 (Planted) is not globally reachable, but 2000:: would be dialled"]
  ])(
    "differ by an entry that would be dialled: %s",
    (planted, sentence) => assert.deepStrictEqual(compareAddresses([ipv4 + planted, ipv6], rules), [sentence])
  )

  it("differ by a block of which the policy refuses both ends and the middle", () => {
    const fault = (address: string) => /\.(0|128|255)$/.test(address) ? "refused" : undefined
    const own = { ...rules, fault, blocks: ["198.51.99.0/32"].map(IpNetwork.fromStringUnsafe) }
    assert.include(
      compareAddresses([ipv4 + row("198.51.99.0/24", "False"), ipv6], own).join("\n"),
      "198.51.99.0/24 (Planted) is not globally reachable, but 198.51.99.1 would be dialled"
    )
  })

  it.each([
    ["is globally reachable", row("203.0.112.0/24", "True")],
    ["is refused", row("10.0.0.0/24", "False")],
    ["depends on what it holds", row("203.0.112.0/24", "N/A [3]")],
    ["is terminated", "203.0.112.0/24,Planted,[RFC9999],2030-01,2031-01,,,,,\n"]
  ])(
    "do not differ by an entry that %s",
    (_, planted) => assert.deepStrictEqual(compareAddresses([ipv4 + planted, ipv6], rules), [])
  )

  it.each([
    [
      "a block of ours in no registry",
      { blocks: [...rules.blocks, IpNetwork.fromStringUnsafe("198.51.99.0/24")] },
      "198.51.99.0/24 is refused, but no registry calls it unreachable: give the reason"
    ],
    [
      "a block of ours that is reachable by now",
      { blocks: [...rules.blocks, IpNetwork.fromStringUnsafe("192.31.196.0/24")] },
      "192.31.196.0/24 is refused, but no registry calls it unreachable: give the reason"
    ],
    [
      "a reason for nothing",
      { own: { "198.51.99.0/24": "none" } },
      "198.51.99.0/24 has a reason, but the policy does not name it"
    ],
    [
      "a reason that a registry gives",
      { own: { "127.0.0.0/8": "none" } },
      "127.0.0.0/8 needs no reason of ours: a registry calls it unreachable"
    ],
    [
      "an exemption from nothing",
      { allowed: { ...rules.allowed, "198.51.99.0/24": "none" } },
      "198.51.99.0/24 is let through with a reason, but is in no registry"
    ]
  ])(
    "differ by %s",
    (_, change, sentence) => assert.deepStrictEqual(compareAddresses([ipv4, ipv6], { ...rules, ...change }), [sentence])
  )

  it("of this project cover the excerpts", () =>
    assert.deepStrictEqual(
      compareAddresses([ipv4, ipv6], addressRules).filter((sentence) => sentence.includes("would be dialled")),
      []
    ))
})

describe("names", () => {
  const own = { arpa: "infrastructure" }
  const some = { ...nameRules, names: ["alt", "arpa", "localhost", "onion", "example.com"], own }

  it("agree", () => assert.deepStrictEqual(compareNames(names, some), []))

  it.each([
    [
      "a name that would be asked about",
      `${names}planted.,[RFC9999]\n`,
      {},
      "posh.planted is of special use, but would be asked about"
    ],
    [
      "one below a public name",
      `${names}PLANTED.example-registry.com.,"[RFC9999]"\n`,
      {},
      "planted.example-registry.com is of special use, but would be asked about"
    ],
    [
      "a name of ours that is not registered",
      names,
      { names: [...some.names, "lan"] },
      "lan is refused, but not in the registry: give the reason"
    ],
    ["a reason for nothing", names, { own: { ...own, lan: "none" } }, "lan has a reason, but is not refused"],
    [
      "a reason that the registry gives",
      names,
      { own: { ...own, onion: "none" } },
      "onion needs no reason of ours: it is in the registry"
    ]
  ])(
    "differ by %s",
    (_, registry, change, sentence) =>
      assert.deepStrictEqual(compareNames(registry, { ...some, ...change }), [sentence])
  )

  it("of this project cover the excerpt", () =>
    assert.deepStrictEqual(
      compareNames(names, nameRules).filter((sentence) => sentence.includes("would be asked")),
      []
    ))
})
