/**
 * The operator's egress proxy. It is configured explicitly: `HTTPS_PROXY` and similar variables are not read
 * (POSH-SEC-11).
 */
import { Redacted, Result } from "effect"
import { isIP, isIPv6 } from "node:net"
import { EgressConfigError } from "./EgressConfigError.ts"

/** An HTTP proxy that opens tunnels by CONNECT (RFC 9110 §9.3.6). */
export interface Proxy {
  /** A host name or an IP literal without brackets. Exempt from the address policy, because the operator names it. */
  readonly host: string
  readonly port: number
  /** Value of `Proxy-Authorization`. Default: the field is not sent. */
  readonly authorization?: Redacted.Redacted
}

/**
 * Parses `POSH_EGRESS_PROXY`: `http://[user:password@]host:port`.
 *
 * **Details**
 *
 * IPv6 addresses are in brackets. User and password may be percent-encoded, and are sent as `Basic` credentials (RFC
 * 7617). No error repeats any part of the text, because a misplaced part may be the password.
 */
export const parseProxy = (text: string): Result.Result<Proxy, EgressConfigError> =>
  Result.gen(function*() {
    const groups = shape.exec(text.trim())?.groups
    if (groups === undefined) return yield* Result.fail(configError("must be http://[user:password@]host:port"))
    const { credentials, host = "", ipv6, port } = groups
    if (ipv6 !== undefined && !isIPv6(ipv6)) {
      return yield* Result.fail(configError("what is in brackets is no IPv6 address"))
    }
    const authorization = credentials === undefined ? undefined : yield* parseCredentials(credentials)
    return yield* checkProxy({
      host: ipv6 ?? host,
      port: Number(port),
      ...(authorization === undefined ? {} : { authorization })
    })
  })

/** Checks a proxy that was not parsed by {@link parseProxy}. */
export const checkProxy = (proxy: Proxy): Result.Result<Proxy, EgressConfigError> => {
  const { authorization, host, port } = proxy
  if (isIP(host) === 0 && (!hostName.test(host) || allNumeric.test(host))) {
    return Result.fail(configError("the host is neither a name (in A-labels) nor an IP address"))
  }
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) return Result.fail(configError("the port is none"))
  return authorization === undefined || /^[ -~]+$/.test(Redacted.value(authorization))
    ? Result.succeed(proxy)
    : Result.fail(configError("the authorization must be printable ASCII"))
}

const shape =
  /^http:\/\/(?:(?<credentials>[^@/?#]*)@)?(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:@/?#[\]]+)):(?<port>\d{1,5})\/?$/i

/** Local names may have one label, and underscores. */
const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i
const allNumeric = /^[\d.]+$/

/** The user ends at the first colon (RFC 7617 §2); neither part may hold control characters. */
const parseCredentials = (text: string): Result.Result<Redacted.Redacted, EgressConfigError> =>
  Result.gen(function*() {
    const colon = text.indexOf(":")
    if (colon < 1) return yield* Result.fail(configError("the part before @ must be user:password"))
    const user = yield* percentDecoded(text.slice(0, colon))
    const password = yield* percentDecoded(text.slice(colon + 1))
    if (user.includes(":")) return yield* Result.fail(configError("the user must not hold a colon"))
    if (/\p{Cc}/u.test(user + password)) {
      return yield* Result.fail(configError("user and password must not hold control characters"))
    }
    return Redacted.make(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`)
  })

const percentDecoded = (text: string): Result.Result<string, EgressConfigError> =>
  Result.try({
    try: () => decodeURIComponent(text),
    catch: () => configError("user and password must be percent-encoded UTF-8 where they hold a percent sign")
  })

const configError = (detail: string) => new EgressConfigError({ option: "proxy", detail })
