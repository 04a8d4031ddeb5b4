/**
 * The address policy: only globally routable unicast addresses may be dialled, so no document can make this process
 * reach internal services (SSRF, POSH-SEC-10).
 */
import { Result } from "effect"
import { IpNetwork, NetAddress } from "effect/net"
import { EgressConfigError } from "./EgressConfigError.ts"
import { EgressError } from "./EgressError.ts"

/**
 * Filters the addresses that may be dialled, in order.
 *
 * **Details**
 *
 * Fails with `BlockedAddress` if none is left; the error names some of the refused addresses.
 */
export const vetAddresses = (
  addresses: ReadonlyArray<string>,
  allowed: ReadonlyArray<IpNetwork.IpNetwork>
): Result.Result<ReadonlyArray<string>, EgressError> => {
  const usable = addresses.filter((address) => addressFault(address, allowed) === undefined)
  return usable.length > 0 ? Result.succeed(usable) : Result.fail(blocked(addresses, allowed))
}

/**
 * Why an address is refused, in a few words; `undefined` if it may be dialled.
 *
 * **Details**
 *
 * An IPv4 address that is embedded in an IPv6 address is checked as IPv4, in any notation. `allowed` exempts an address
 * in either form.
 */
export const addressFault = (
  address: string,
  allowed: ReadonlyArray<IpNetwork.IpNetwork> = []
): string | undefined => {
  const parsed = NetAddress.ipFromString(address) // refuses zone ids, which are local to this machine
  if (Result.isFailure(parsed)) return "not an IP address"

  const outer = parsed.success
  const inner = NetAddress.isIpv6Address(outer) ? embeddedIpv4(outer) : undefined
  const isIn = (network: IpNetwork.IpNetwork) =>
    IpNetwork.contains(network, outer) || (inner !== undefined && IpNetwork.contains(network, inner))
  if (allowed.some(isIn)) return undefined

  if (inner !== undefined) return registered(ipv4Registry, inner)
  return NetAddress.isIpv4Address(outer) ? registered(ipv4Registry, outer) : ipv6Fault(outer)
}

/**
 * Parses `POSH_ALLOW_NETWORKS`: CIDR blocks, comma-separated, such as `10.1.0.0/16, fd00:1::/32`.
 *
 * **Details**
 *
 * Host bits must be zero: a block with host bits is more often a typing error than intended.
 */
export const parseNetworks = (
  text: string
): Result.Result<ReadonlyArray<IpNetwork.IpNetwork>, EgressConfigError> =>
  text.trim() === "" ? Result.succeed([]) : Result.all(text.split(",").map((entry) => parseNetwork(entry.trim())))

const parseNetwork = (entry: string) =>
  Result.mapError(
    IpNetwork.fromString(entry),
    ({ message }) =>
      new EgressConfigError({ option: "allowNetworks", detail: `"${entry}" is no CIDR block: ${message}` })
  )

type Registry = ReadonlyArray<readonly [network: IpNetwork.IpNetwork, name: string]>

const registry = (rows: Readonly<Record<string, string>>): Registry =>
  Object.entries(rows).map(([network, name]) => [IpNetwork.fromStringUnsafe(network), name])

const registered = (rows: Registry, address: NetAddress.IpAddress): string | undefined =>
  rows.find(([network]) => IpNetwork.contains(network, address))?.[1]

/**
 * IANA IPv4 Special-Purpose Address Registry (RFC 6890): every block that is not globally reachable, and the anycast
 * blocks that no web server uses. `npm run check:registries` compares both tables with the registries of today.
 */
export const ipv4Registry = registry({
  "0.0.0.0/8": "this network",
  "10.0.0.0/8": "private use",
  "100.64.0.0/10": "shared address space", // RFC 6598; Alibaba's metadata service
  "127.0.0.0/8": "loopback",
  "168.63.129.16/32": "cloud platform", // Azure's metadata and agent service, in a block that is public otherwise
  "169.254.0.0/16": "link local", // the metadata services of most clouds
  "172.16.0.0/12": "private use",
  "192.0.0.0/24": "protocol assignments", // Oracle's metadata service
  "192.0.2.0/24": "documentation",
  "192.88.99.0/24": "6to4 relay anycast", // RFC 7526
  "192.168.0.0/16": "private use",
  "198.18.0.0/15": "benchmarking",
  "198.51.100.0/24": "documentation",
  "203.0.113.0/24": "documentation",
  "224.0.0.0/4": "multicast",
  "240.0.0.0/4": "reserved or broadcast"
})

const globalUnicast = IpNetwork.fromStringUnsafe("2000::/3") // RFC 4291 §2.4

/** IANA IPv6 Special-Purpose Address Registry, as far as it lies in the one block that is assigned for global unicast. */
export const ipv6Registry = registry({
  "2001::/23": "protocol assignments", // benchmarking, ORCHID, anycast; Teredo is decoded before
  "2001:db8::/32": "documentation",
  "3fff::/20": "documentation" // RFC 9637
})

/** Loopback, link local, unique local, multicast, discard, segment routing, local-use NAT64: all outside `2000::/3`. */
const ipv6Fault = (address: NetAddress.Ipv6Address): string | undefined =>
  IpNetwork.contains(globalUnicast, address) ? registered(ipv6Registry, address) : "no global unicast"

/** The IPv4 address to which a packet is translated or tunnelled, or from which it comes. */
const embeddedIpv4 = (address: NetAddress.Ipv6Address): NetAddress.Ipv4Address | undefined => {
  const [a, b, c, d, e, f, g, h] = NetAddress.ipv6ToSegments(address)
  const isZeroUpTo = (...segments: ReadonlyArray<number>) => segments.every((segment) => segment === 0)

  if (isZeroUpTo(a, b, c, d, e)) return f === 0 || f === 0xffff ? ipv4(g, h) : undefined // RFC 4291 §2.5.5
  if (a === 0x64 && b === 0xff9b && isZeroUpTo(c, d, e, f)) return ipv4(g, h) // NAT64, RFC 6052 §2.1
  if (a === 0x2002) return ipv4(b, c) // 6to4, RFC 3056 §2
  if (a === 0x2001 && b === 0) return ipv4(g ^ 0xffff, h ^ 0xffff) // Teredo, RFC 4380 §4: obfuscated by XOR
  return undefined
}

const ipv4 = (high: number, low: number) =>
  NetAddress.ipv4FromBytesUnsafe(Uint8Array.of(high >>> 8, high & 0xff, low >>> 8, low & 0xff))

/** Maximum of addresses named in an error: a DNS answer can hold hundreds. */
const namedAddresses = 4

const blocked = (addresses: ReadonlyArray<string>, allowed: ReadonlyArray<IpNetwork.IpNetwork>) => {
  const named = addresses.slice(0, namedAddresses).map((address) => `${address}: ${addressFault(address, allowed)}`)
  const more = addresses.length - named.length
  return new EgressError({
    code: "BlockedAddress",
    detail: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(", ")
  })
}
