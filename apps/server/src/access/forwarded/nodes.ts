/**
 * `Forwarded` (RFC 7239) and `X-Forwarded-For`: who asked whom, hop by hop.
 */
import { Result } from "effect"
import { NetAddress } from "effect/net"

/** The address of one hop; `undefined` if it is unknown, obfuscated or malformed. */
export type HopAddress = NetAddress.IpAddress | undefined

/** The hops of one line, the last hop last. `undefined` if the line is malformed. */
export type ParseLine = (line: string) => ReadonlyArray<HopAddress> | undefined

/** RFC 7239 §4: elements with their pairs. A quoted string may hold the separators. */
export const parseForwarded: ParseLine = (line) => {
  const hops: Array<HopAddress> = []
  let names = new Map<string, string>()
  let at = 0
  while (at <= line.length) {
    pair.lastIndex = at
    const [whole = "", name, token, quoted, separator] = pair.exec(line) ?? []
    if (separator === undefined) return undefined
    if (name !== undefined) {
      const key = name.toLowerCase()
      if (names.has(key)) return undefined // §4: each parameter at most once
      names.set(key, token ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1"))
    }
    at += whole.length
    if (separator === ";") continue
    if (names.size > 0) hops.push(parseNode(names.get("for") ?? "")) // RFC 9110 §5.6.1: an empty element does not count
    names = new Map()
    if (separator === "") return hops
  }
  return undefined
}

/** A pair or nothing, and what ends it: `;`, `,` or the end of the line. */
const pair = /[\t ]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)"))?[\t ]*([;,]|$)/y

/** A list of addresses, with or without a port. */
export const parseForwardedFor: ParseLine = (line) =>
  line.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => parseNode(part) ?? parse(part))

/** RFC 7239 §6: IPv6 stands in brackets; a port, or an obfuscated one, may follow. */
const parseNode = (text: string): HopAddress => {
  const [, v6, v4] = /^(?:\[([\da-f:.]+)\]|(\d+(?:\.\d+){3}))(?::(?:\d{1,5}|_[\w.-]+))?$/i.exec(text) ?? []
  return parse(v6 ?? v4 ?? "")
}

/** An address in canonical form: one of IPv4 mapped to IPv6 is the one of IPv4. */
export const parse = (text: string): HopAddress =>
  Result.getOrUndefined(Result.map(NetAddress.ipFromString(text), (address) => NetAddress.toCanonical(address)))
