/**
 * The header of the PROXY protocol, version 2, as octets → the source of a connection. NOT SUPPORTED: version 1, whose text
 * every proxy that writes it can replace by this.
 */
import { NetAddress } from "effect/net"

export type ProxyHeader =
  | { readonly _tag: "incomplete" }
  /** These octets cannot become a header that is supported. */
  | { readonly _tag: "malformed" }
  | CompleteProxyHeader

export interface CompleteProxyHeader {
  readonly _tag: "complete"
  readonly length: number
  /** Absent where the proxy speaks for itself, or the client has no IP address. */
  readonly source?: string
}

/** Octets. Addresses take 52 at the most, and what proxies add about TLS some hundreds. */
export const longestProxyHeader = 4_096

export const parseProxyHeader = (octets: Buffer): ProxyHeader => {
  const start = Math.min(octets.length, signature.length)
  if (!octets.subarray(0, start).equals(signature.subarray(0, start))) return malformed
  if (octets.length < fixedLength) return { _tag: "incomplete" }
  const versionAndCommand = octets.readUInt8(12)
  const length = fixedLength + octets.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2 || length > longestProxyHeader) return malformed
  if (octets.length < length) return { _tag: "incomplete" }
  const command = versionAndCommand & 0x0f
  if (command === local) return { _tag: "complete", length }
  if (command !== proxied) return malformed
  return withSource(octets.subarray(fixedLength, length), octets.readUInt8(13), length)
}

const withSource = (addresses: Buffer, familyAndProtocol: number, length: number): ProxyHeader => {
  const family = familyAndProtocol >> 4
  const octetsOfOne = family === inet ? 4 : family === inet6 ? 16 : 0
  if (octetsOfOne === 0) return { _tag: "complete", length }
  if (addresses.length < 2 * octetsOfOne + 4) return malformed // source, destination, and their ports
  const source = addresses.subarray(0, octetsOfOne)
  const address = family === inet ? NetAddress.ipv4FromBytesUnsafe(source) : NetAddress.ipv6FromBytesUnsafe(source)
  return { _tag: "complete", length, source: NetAddress.formatIp(NetAddress.toCanonical(address)) }
}

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1")
const fixedLength = 16
const local = 0
const proxied = 1
const inet = 1
const inet6 = 2
const malformed: ProxyHeader = { _tag: "malformed" }
