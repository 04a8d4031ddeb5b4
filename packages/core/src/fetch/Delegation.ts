/**
 * Checks the target of a delegation: the same rules for redirects and references (requirements §2.6–2.7).
 */
import { Result } from "effect"
import type { VerdictCode } from "../codes.ts"
import type { Domain, DomainPolicy } from "../question/Domain.ts"
import type { HttpsTarget } from "./Fetcher.ts"
import { leavesSite } from "./Site.ts"
import { hasAuthority, isUriText, notUriText, schemeOf } from "./uri.ts"
import { parseWebUrl } from "./webUrl.ts"

/** The hosts (POSH-RES-70) and ports (POSH-RES-65) that a domain may delegate to. */
export interface DelegationPolicy {
  /** `any` public host; the `same-site` (registrable domain) as the source domain; or a `list` of hosts. */
  readonly mode: "any" | "same-site" | "list"
  /** For `list`: canonical host names; `.example.net` stands for all names below. */
  readonly hosts: ReadonlyArray<string>
  readonly ports: ReadonlyArray<number>
}

export interface TargetPolicy extends DomainPolicy {
  readonly delegation: DelegationPolicy
}

export interface TargetFault {
  readonly code: VerdictCode
  readonly detail: string
}

/** The codes of faults for one kind of delegation. */
interface TargetFaultCodes {
  readonly invalid: VerdictCode
  readonly insecure: VerdictCode
  readonly forbidden: VerdictCode
}

const redirectCodes: TargetFaultCodes = {
  invalid: "RedirectInvalidLocation",
  insecure: "RedirectInsecureScheme",
  forbidden: "RedirectForbiddenTarget"
}

const referenceCodes: TargetFaultCodes = {
  invalid: "InvalidReferenceUrl",
  insecure: "ReferenceInsecureScheme",
  forbidden: "ReferenceForbiddenTarget"
}

/** Target of a `Location`, resolved against the URL that answered (POSH-RES-62…66, RFC 3986 §5). */
export const redirectTarget = (
  location: string,
  base: HttpsTarget,
  source: Domain,
  policy: TargetPolicy
): Result.Result<HttpsTarget & { readonly relative: boolean }, TargetFault> => {
  if (!isUriText(location)) return refuse(redirectCodes.invalid, notUriText)
  if (!isUriReference(location)) return refuse(redirectCodes.invalid, "the value is not a URI reference")
  const relative = schemeOf(location) === undefined
  return Result.map(
    checkTarget(location, base.url, source, policy, redirectCodes),
    (target) => ({ ...target, relative })
  )
}

/** Target of a reference document's `url` (POSH-FMT-60…62, POSH-RES-82): absolute, else as a redirect's. */
export const referenceTarget = (
  url: string,
  source: Domain,
  policy: TargetPolicy
): Result.Result<HttpsTarget, TargetFault> => {
  if (!isUriText(url)) return refuse(referenceCodes.invalid, notUriText)
  return isUriReference(url) && schemeOf(url) !== undefined
    ? checkTarget(url, undefined, source, policy, referenceCodes)
    : refuse(referenceCodes.invalid, "the value is not an absolute URL")
}

const isUriReference = (text: string): boolean => {
  const scheme = schemeOf(text)
  if (scheme === undefined) return !/^\/\/(?:[/?#]|$)/.test(text)
  // `checkTarget` refuses other schemes.
  return (scheme !== "https" && scheme !== "http") || hasAuthority(text)
}

const checkTarget = (
  text: string,
  base: string | undefined,
  source: Domain,
  policy: TargetPolicy,
  codes: TargetFaultCodes
): Result.Result<HttpsTarget, TargetFault> => {
  if ((schemeOf(text) ?? "https") !== "https") return refuse(codes.insecure, "the scheme is not https") // POSH-RES-64
  const parsed = parseWebUrl(text, base, policy)
  if (Result.isFailure(parsed)) return refuse(codes[parsed.failure.kind], parsed.failure.detail)
  const { host, url } = parsed.success
  const port = url.port === "" ? 443 : Number(url.port)
  if (!policy.delegation.ports.includes(port)) return refuse(codes.forbidden, `port ${port} is not allowed`)
  if (!isAllowed(host, source, policy.delegation)) {
    return refuse("DelegationForbidden", `delegation to ${host} is not allowed here`)
  }
  return Result.succeed({ url: url.href, host, port, path: `${url.pathname}${url.search}` })
}

const isAllowed = (host: Domain, source: Domain, { hosts, mode }: DelegationPolicy): boolean => {
  if (host === source || mode === "any") return true
  if (mode === "same-site") return !leavesSite(source, host)
  return hosts.some((allowed) => allowed.startsWith(".") ? host.endsWith(allowed) : host === allowed)
}

const refuse = (code: VerdictCode, detail: string) => Result.fail<TargetFault>({ code, detail })
