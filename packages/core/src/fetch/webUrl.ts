/**
 * The host of a URL that a stranger chose (requirements §2.6): one that two readers would not take for different hosts.
 */
import { Result } from "effect"
import { attemptLimits } from "../Limits.ts"
import { type Domain, type DomainPolicy, parseDomain } from "../question/Domain.ts"

export interface WebUrl {
  /** Of `http` or `https`, with a host in canonical form, without user-info and fragment. THE PORT IS NOT CHECKED. */
  readonly url: URL
  readonly host: Domain
}

export interface UrlFault {
  /** `forbidden`: it is well-formed, and such URLs are not asked. */
  readonly kind: "invalid" | "forbidden"
  readonly detail: string
}

/** Parses a URI reference (`isUriText`) with no other scheme than `http` or `https`. */
export const parseWebUrl = (
  text: string,
  base: string | undefined,
  policy: DomainPolicy
): Result.Result<WebUrl, UrlFault> => {
  if (text.length > attemptLimits.urlOctets) return tooLong
  // The host before parsing: the URL parser would turn 0x7f.1 into an IP address (Appendix D.1).
  const written = /^(?:https?:)?\/\/([^/?#]*)/i.exec(text)?.[1]
  if (written?.includes("@")) return refuse("forbidden", "the URL holds user-info")
  const named = written === undefined ? undefined : parseDomain(written.replace(/:\d*$/, ""), policy)
  if (named !== undefined && Result.isFailure(named)) return refuse("forbidden", named.failure.detail)
  if (!URL.canParse(text, base)) return refuse("invalid", "the value is not a URL")

  const url = new URL(text, base)
  url.hash = "" // POSH-RES-66
  const host = url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname
  const domain = parseDomain(host, policy)
  if (Result.isFailure(domain)) return refuse("forbidden", domain.failure.detail)
  // Both parsers must find the same host.
  if (named !== undefined && named.success !== domain.success) return refuse("invalid", "the host is ambiguous")
  url.hostname = domain.success
  if (url.href.length > attemptLimits.urlOctets) return tooLong
  return Result.succeed({ url, host: domain.success })
}

const refuse = (kind: UrlFault["kind"], detail: string) => Result.fail<UrlFault>({ kind, detail })

const tooLong = refuse("forbidden", "the URL is longer than 2048 octets")
