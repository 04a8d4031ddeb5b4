/**
 * Compares the policy on addresses with IANA's two special-purpose address registries (RFC 6890).
 */
import { IpNetwork, NetAddress } from "effect/net"
import { readTable } from "./csv.ts"

export interface AddressRules {
  /** Why an address is refused; `undefined` where it may be dialled. */
  readonly fault: (address: string) => string | undefined
  /** The blocks that the policy names. */
  readonly blocks: ReadonlyArray<IpNetwork.IpNetwork>
  /** Blocks of the policy that no registry calls unreachable, each with its reason. */
  readonly own: Readonly<Record<string, string>>
  /** Blocks of a registry that are let through although they are not globally reachable, each with its reason. */
  readonly allowed: Readonly<Record<string, string>>
}

/**
 * What differs, a sentence each: entries that are not globally reachable and would be dialled, blocks of the policy
 * without an entry, and reasons that nothing needs any more. `registries` are the texts of the CSV files.
 */
export const compareAddresses = (registries: ReadonlyArray<string>, rules: AddressRules): ReadonlyArray<string> => {
  const entries = registries.flatMap(readEntries)
  const unreachable = entries.filter(({ reachable }) => reachable === "False")
  const known = new Set(entries.map(({ block }) => IpNetwork.format(block)))
  const named = new Set(rules.blocks.map(IpNetwork.format))
  return [
    ...unreachable.flatMap((entry) => gaps(entry, entries, rules)),
    ...rules.blocks.filter((block) => !isRegistered(block, entries)).map(IpNetwork.format)
      .filter((block) => rules.own[block] === undefined)
      .map((block) => `${block} is refused, but no registry calls it unreachable: give the reason`),
    ...Object.keys(rules.own).filter((block) => !named.has(block))
      .map((block) => `${block} has a reason, but the policy does not name it`),
    ...Object.keys(rules.own).filter((block) => named.has(block) && isRegistered(parse(block), entries))
      .map((block) => `${block} needs no reason of ours: a registry calls it unreachable`),
    ...Object.keys(rules.allowed).filter((block) => !known.has(block))
      .map((block) => `${block} is let through with a reason, but is in no registry`)
  ]
}

interface Entry {
  readonly block: IpNetwork.IpNetwork
  readonly name: string
  /** "True" or "False"; other values, and none, say nothing: of what is terminated, or depends on an embedded address. */
  readonly reachable: string
}

const parse = IpNetwork.fromStringUnsafe

/** Values and blocks carry marks of footnotes: `False [1]`. A row may be about two blocks. */
const readEntries = (text: string): ReadonlyArray<Entry> =>
  readTable(text, ["Address Block", "Name", "Globally Reachable"]).flatMap((row) => {
    const withoutMarks = (value: string) => value.replaceAll(/\s*\[\d+\]/g, "").trim()
    return withoutMarks(row["Address Block"]).split(",").map((block) => ({
      block: parse(block.trim()),
      name: row.Name,
      reachable: withoutMarks(row["Globally Reachable"])
    }))
  })

/** A block that is in a registry, or within an entry of one, and not as a block that is globally reachable. */
const isRegistered = (block: IpNetwork.IpNetwork, entries: ReadonlyArray<Entry>): boolean =>
  entries.some((entry) => entry.reachable !== "True" && IpNetwork.containsNetwork(entry.block, block))

const gaps = ({ block, name }: Entry, entries: ReadonlyArray<Entry>, rules: AddressRules): ReadonlyArray<string> => {
  const written = IpNetwork.format(block)
  if (rules.allowed[written] !== undefined) return []
  const exempt = entries.filter((other) => other.reachable !== "False" && isWithin(other.block, block))
  return probes(block, rules.blocks)
    .filter((address) => !exempt.some((other) => IpNetwork.contains(other.block, address)))
    .map(NetAddress.formatIp)
    .filter((address) => rules.fault(address) === undefined)
    .slice(0, 1)
    .map((address) => `${written} (${name}) is not globally reachable, but ${address} would be dialled`)
}

const isWithin = (inner: IpNetwork.IpNetwork, outer: IpNetwork.IpNetwork): boolean =>
  IpNetwork.containsNetwork(outer, inner) && inner.prefixLength > outer.prefixLength

/** Addresses that stand for a block: its ends and its middle, and what lies behind each block of ours inside it. */
const probes = (
  block: IpNetwork.IpNetwork,
  ours: ReadonlyArray<IpNetwork.IpNetwork>
): ReadonlyArray<NetAddress.IpAddress> => {
  const first = toNumber(block.address)
  const behind = ours.filter((other) => isWithin(other, block)).map((other) =>
    toNumber(other.address) + IpNetwork.addressCount(other)
  )
  const count = IpNetwork.addressCount(block)
  return [...new Set([first, first + count / 2n, first + count - 1n, ...behind])]
    .filter((number) => number < first + count)
    .map((number) => toAddress(number, block.address))
}

const toNumber = (address: NetAddress.IpAddress): bigint => {
  const octets = NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)
  return octets.reduce((number, octet) => number * 256n + BigInt(octet), 0n)
}

const toAddress = (number: bigint, like: NetAddress.IpAddress): NetAddress.IpAddress => {
  const octets = NetAddress.width(like) / 8
  const bytes = Uint8Array.from(
    { length: octets },
    (_, index) => Number((number >> BigInt(8 * (octets - 1 - index))) & 255n)
  )
  return NetAddress.isIpv4Address(like) ? NetAddress.ipv4FromBytesUnsafe(bytes) : NetAddress.ipv6FromBytesUnsafe(bytes)
}
