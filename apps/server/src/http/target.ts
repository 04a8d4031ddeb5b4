/**
 * Where a request is addressed to: its `Host`, and the authority of a target in absolute form. Pure.
 */
import type { IncomingMessage } from "node:http"

/** RFC 9112 §3.2: what a request must not be without, and must not have twice. `undefined`: nothing is wrong. */
export const hostFault = ({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): string | undefined => {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1
  }
  if (hosts > 1) return "The request has more than one Host."
  return hosts === 0 && httpVersionMajor === 1 && httpVersionMinor >= 1 ? "The request has no Host." : undefined
}

/** Who is addressed by this request, each as it is written. Of a target in absolute form both count (RFC 9112 §3.2.2). */
export const authoritiesOf = ({ headers: { host }, url = "" }: IncomingMessage): ReadonlyArray<string> => [
  host ?? "",
  ...(url.startsWith("/") || url === "*" ? [] : [/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ""])
]

/**
 * Is this a name of this machine, with a port or without? To the letter: whatever needs an interpretation (other
 * spellings of addresses, a trailing dot, user information) is none. Nobody but this machine is `localhost`
 * (RFC 6761 §6.3; browsers do not ask DNS for it) or has an address of the loopback network.
 */
export const isThisMachine = (authority: string): boolean => thisMachine.test(authority)

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const thisMachine = new RegExp(`^(?:localhost|127(?:\\.${octet}){3}|\\[::1\\])(?::\\d{1,5})?$`, "i")

/**
 * Was this request made by a web page of another origin? Browsers say so in a field that pages cannot set
 * (`Sec-Fetch-Site`, W3C Fetch Metadata), and in `Origin` (RFC 6454 §7); programs that are no browsers say nothing.
 */
export const isForeign = ({ headers: { host = "", origin, "sec-fetch-site": site } }: IncomingMessage): boolean => {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true
  if (origin === undefined) return false
  // A proxy that ends TLS makes another scheme of it, and no page can choose host and port of its own origin.
  return withoutDefaultPort(/^https?:\/\/([^/]+)$/i.exec(origin)?.[1] ?? "") !== withoutDefaultPort(host) || host === ""
}

const withoutDefaultPort = (authority: string): string => authority.toLowerCase().replace(/:(?:80|443)$/, "")
