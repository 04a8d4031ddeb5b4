/**
 * Where the validating resolver is (`POSH_DNSSEC_RESOLVER`), as far as its word can be believed (POSH-PRF-20).
 */
import { Data, Result } from "effect"
import { isIP, isIPv4, isIPv6, SocketAddress } from "node:net"
import { type Domain, parseDomain } from "../../question/Domain.ts"

/** A resolver whose AD bit counts: {@link parseResolver} alone makes one. */
export type ResolverEndpoint =
  /** UDP and TCP, on this machine or over a network that the operator trusts. */
  | { readonly protocol: "dns"; readonly address: string; readonly port: number }
  /** DNS over TLS (RFC 7858). Without `address` the name is looked up; the certificate decides. */
  | { readonly protocol: "tls"; readonly name: Domain; readonly address?: string; readonly port: number }
  /** DNS over HTTPS (RFC 8484). */
  | { readonly protocol: "https"; readonly name: Domain; readonly port: number; readonly path: string }

/** A resolver cannot be used as it is configured; `detail` is a sentence for the operator. */
export class ResolverConfigError extends Data.TaggedError("ResolverConfigError")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

export interface ResolverTrust {
  /**
   * The network on the way to a resolver of the form `dns://` cannot be tampered with (`POSH_DNSSEC_RESOLVER_TRUSTED`).
   * Without it, only a loopback address is accepted there.
   */
  readonly trusted: boolean
}

/**
 * Parses `dns://address[:port]`, `tls://name[@address][:port]` or `https://name[:port]/path`.
 *
 * **Details**
 *
 * IPv6 addresses are in brackets. RFC 6840 §5.8: whoever can write to the channel can set AD, so plain DNS has to stay on
 * this machine (RFC 7671 §12, RFC 6698 §A.3) unless the operator answers for the network.
 */
export const parseResolver = (
  text: string,
  { trusted }: ResolverTrust
): Result.Result<ResolverEndpoint, ResolverConfigError> => {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/i.exec(text.trim()) ?? []
  switch (scheme.toLowerCase()) {
    case "dns":
      return parsePlain(rest, trusted)
    case "tls":
      return parseTls(rest)
    case "https":
      return parseHttps(rest)
    default:
      return fault("It must start with dns://, tls:// or https://.")
  }
}

const plain = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:[\]/?#@]+))(?::(?<port>\d{1,5}))?\/?$/
const overTls = /^(?<name>[^:@[\]/?#]+)(?:@(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:[\]/?#@]+)))?(?::(?<port>\d{1,5}))?\/?$/
const overHttps = /^(?<name>[^:@[\]/?#]+)(?::(?<port>\d{1,5}))?(?<path>\/[!-~]*)$/

type Parsed = Result.Result<ResolverEndpoint, ResolverConfigError>

const parsePlain = (rest: string, trusted: boolean): Parsed =>
  Result.gen(function*() {
    const groups = plain.exec(rest)?.groups
    const address = groups?.["ipv6"] ?? groups?.["ipv4"] ?? ""
    if (groups === undefined || isIP(address) === 0 || isIPv6(address) !== (groups["ipv6"] !== undefined)) {
      return yield* fault("After dns:// comes an IP address (IPv6 in brackets), and a port if it is not 53.")
    }
    if (!trusted && !isLoopback(address)) {
      return yield* fault(
        "Anybody on the way to it can forge answers that look validated: use a loopback address, tls:// or https://, " +
          "or say that the network can be trusted."
      )
    }
    return { protocol: "dns", address, port: yield* parsePort(groups["port"], 53) }
  })

const parseTls = (rest: string): Parsed =>
  Result.gen(function*() {
    const groups = overTls.exec(rest)?.groups
    if (groups === undefined) {
      return yield* fault(
        "After tls:// comes a name, then @ and an address if the name is not to be looked up, and a port."
      )
    }
    const address = groups["ipv6"] ?? groups["ipv4"]
    if (address !== undefined && (isIP(address) === 0 || isIPv6(address) !== (groups["ipv6"] !== undefined))) {
      return yield* fault("What follows the @ is no IP address (IPv6 in brackets).")
    }
    const name = yield* parseName(groups["name"] ?? "")
    const port = yield* parsePort(groups["port"], 853)
    return { protocol: "tls", name, port, ...(address === undefined ? {} : { address }) }
  })

const parseHttps = (rest: string): Parsed =>
  Result.gen(function*() {
    const groups = overHttps.exec(rest)?.groups
    const path = groups?.["path"] ?? ""
    if (groups === undefined || /[#{}?]/.test(path)) {
      return yield* fault("After https:// comes a name, and a path such as /dns-query without ? and #.")
    }
    const name = yield* parseName(groups["name"] ?? "")
    return { protocol: "https", name, port: yield* parsePort(groups["port"], 443), path }
  })

const parseName = (text: string): Result.Result<Domain, ResolverConfigError> =>
  Result.mapError(
    parseDomain(text, { allowSpecialUse: true }),
    () => new ResolverConfigError({ detail: "The host is no name that a certificate can have: it needs a domain." })
  )

const parsePort = (digits: string | undefined, usual: number): Result.Result<number, ResolverConfigError> => {
  const port = digits === undefined ? usual : Number(digits)
  return port >= 1 && port <= 65_535 ? Result.succeed(port) : fault("The port is none: it is between 1 and 65535.")
}

/** RFC 1122 §3.2.1.3, RFC 4291 §2.5.3. */
const isLoopback = (address: string): boolean =>
  isIPv4(address)
    ? address.startsWith("127.")
    : new SocketAddress({ address, family: "ipv6" }).address === "::1"

const fault = (detail: string) => Result.fail(new ResolverConfigError({ detail }))
