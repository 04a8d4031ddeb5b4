/**
 * Checks a URL at which a certificate says that its issuer's is. Whoever makes a certificate chooses it.
 */
import { Result } from "effect"
import type { DomainPolicy } from "../../question/Domain.ts"
import { hasAuthority, isUriText, notUriText, schemeOf } from "../uri.ts"
import { parseWebUrl } from "../webUrl.ts"
import type { HttpTarget } from "./CertificateFetcher.ts"

/**
 * The target of a URL; fails with the reason for a person.
 *
 * **Details**
 *
 * `http` on its own port alone: authorities use no other, since a certificate that TLS needed first could not be fetched over
 * TLS (RFC 5280 §8). So `https`, `ldap`, `file` and all others are refused. The rest is as for a document (requirements §2.6): no
 * user-info, no IP literal, no U-label, no name that is not public.
 */
export const issuerTarget = (text: string, policy: DomainPolicy): Result.Result<HttpTarget, string> => {
  if (!isUriText(text)) return Result.fail(notUriText)
  if (schemeOf(text) !== "http") return Result.fail("the scheme is not http")
  if (!hasAuthority(text)) return Result.fail("the value is not an absolute URL")
  const parsed = parseWebUrl(text, undefined, policy)
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure.detail)
  const { host, url } = parsed.success
  return url.port === ""
    ? Result.succeed({ url: url.href, host, port: 80, path: `${url.pathname}${url.search}` })
    : Result.fail(`port ${url.port} is not allowed`)
}
