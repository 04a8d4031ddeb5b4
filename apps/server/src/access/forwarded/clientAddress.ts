/**
 * The address of the client behind trusted proxies. What a client writes itself stands left of what the proxies append, so
 * the fields are read from the right, and only as far as trusted proxies wrote them.
 */
import { IpNetwork, NetAddress } from "effect/net"
import { type HopAddress, parse, parseForwarded, parseForwardedFor, type ParseLine } from "./nodes.ts"

/** The fields of a request, line by line in order. */
export interface ForwardedFields {
  readonly forwarded: ReadonlyArray<string>
  readonly forwardedFor: ReadonlyArray<string>
  /** There is another field that proxies write (`Via`, `X-Real-IP`): its contents are not used. */
  readonly others: boolean
}

export interface ClientAddress {
  /** The client, or the proxy if the client is not known. */
  readonly address: string
  /** The request came from another machine by a proxy, or may have. */
  readonly isRelayed: boolean
}

/** Hops that are followed; a longer row of trusted proxies names no client. */
export const mostHops = 32

/** `peer`: the address at the other end of the connection. */
export const clientAddress = (
  peer: string,
  { forwarded, forwardedFor, others }: ForwardedFields,
  trusted: ReadonlyArray<IpNetwork.IpNetwork>
): ClientAddress => {
  const isDirect = forwarded.length === 0 && forwardedFor.length === 0 && !others
  if (isDirect) return { address: peer, isRelayed: false }
  const unknown = { address: peer, isRelayed: true }
  if (!isTrusted(parse(peer), trusted)) return unknown
  const byStandard = lastUntrusted(forwarded, parseForwarded, trusted)
  const byCustom = lastUntrusted(forwardedFor, parseForwardedFor, trusted)
  // A proxy that writes one of the two passes the other on as the client wrote it: they must agree.
  const address = byStandard === "none"
    ? byCustom
    : byCustom === "none" || byCustom === byStandard
    ? byStandard
    : "unknown"
  if (address === "none" || address === "unknown") return unknown
  return { address, isRelayed: !isLoopback(address) }
}

export const isLoopback = (address: string): boolean => {
  const parsed = parse(address)
  return parsed !== undefined && NetAddress.isLoopback(parsed)
}

/** True if the address is in one of the networks. */
export const isTrusted = (address: HopAddress, trusted: ReadonlyArray<IpNetwork.IpNetwork>): boolean =>
  address !== undefined && trusted.some((network) => IpNetwork.contains(network, address))

/** The rightmost address that is no trusted proxy; the leftmost one if all are. `none` without the field. */
const lastUntrusted = (
  lines: ReadonlyArray<string>,
  parseLine: ParseLine,
  trusted: ReadonlyArray<IpNetwork.IpNetwork>
): string => {
  if (lines.length === 0) return "none"
  let steps = 0
  let last: HopAddress
  for (const line of lines.toReversed()) {
    const hops = parseLine(line)
    if (hops === undefined) return "unknown"
    for (const hop of hops.toReversed()) {
      steps += 1
      if (hop === undefined || steps > mostHops) return "unknown"
      last = hop
      if (!isTrusted(hop, trusted)) return NetAddress.formatIp(hop)
    }
  }
  return last === undefined ? "unknown" : NetAddress.formatIp(last)
}
