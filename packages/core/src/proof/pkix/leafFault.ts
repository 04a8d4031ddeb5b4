/**
 * What PKIX says of a leaf itself, whatever path leads to it: its purpose, and its names (POSH-PRF-01 to POSH-PRF-07). Pure.
 */
import { siteOf } from "../../fetch/Site.ts"
import { allowsTls } from "../../presented/LeafProfile.ts"
import { type CanonicalNames, matchesDomain } from "../../presented/NameCheck.ts"
import type { Domain } from "../../question/Domain.ts"
import type { ServiceEntry } from "../../question/Service.ts"
import type { Certificate } from "../../x509/Certificate.ts"

/** What is asked of a leaf itself. */
export interface LeafQuestion {
  readonly leaf: Certificate
  /** Those of `leaf`. Called where they are not remembered: reading them takes tens of microseconds, and more for a long list. */
  readonly names: () => CanonicalNames
  readonly service: ServiceEntry
  readonly source: Domain
  /** Where the service is, only as far as DNSSEC secured that (POSH-PRF-07); a certificate that names one of them is as good. */
  readonly derived?: ReadonlyArray<Domain> | undefined
  readonly policy: PkixPolicy
}

/** What a deployment accepts beyond the usual. */
export interface PkixPolicy {
  /** SHA-1 signatures. */
  readonly allowSha1: boolean
  /** Leaves with anyExtendedKeyUsage in place of id-kp-serverAuth (POSH-PRF-01). */
  readonly anyPurpose: boolean
  /** Leaves that are CAs, as some private CAs have it. */
  readonly caLeaf: boolean
}

export const strictPkixPolicy: PkixPolicy = { allowSha1: false, anyPurpose: false, caLeaf: false }

export interface PkixLeafFault {
  readonly code: "PkixPathInvalid" | "PkixNameMismatch"
  /** For a person; bounded. */
  readonly detail: string
}

/** id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12) */
export const serverAuth = "1.3.6.1.5.5.7.3.1"
const anyPurpose = "2.5.29.37.0"

export const findLeafFault = (question: LeafQuestion): PkixLeafFault | undefined => {
  const misuse = misuseOf(question)
  if (misuse !== undefined) return { code: "PkixPathInvalid", detail: misuse }
  return namesService(question)
    ? undefined
    : { code: "PkixNameMismatch", detail: `the certificate does not name ${question.source}` }
}

// POSH-PRF-01. RFC 5280 §4.2.1.9 lets a CA certificate be a leaf; but then its key, on a server, issues for everybody.
const misuseOf = ({ leaf, policy }: LeafQuestion): string | undefined => {
  if (leaf.isCa && !policy.caLeaf) return "the certificate is that of a CA"
  if (!allowsTls(leaf.keyUsage)) return "the certificate's keyUsage does not allow TLS"
  const purposes = leaf.extendedKeyUsage
  const isServer = purposes === undefined || purposes.has(serverAuth) || (policy.anyPurpose && purposes.has(anyPurpose))
  return isServer ? undefined : "the certificate's extendedKeyUsage does not allow servers"
}

// POSH-PRF-02…07
const namesService = ({ derived = [], names: read, service, source }: LeafQuestion): boolean => {
  const names = read()
  return [source, ...derived].some((domain) => matchesDomain(withoutSuffixWildcard(names, domain), domain, service))
}

// A wildcard for all registrable domains below a public suffix, such as `*.com`, is no domain's own (RFC 9525 §7.1).
const withoutSuffixWildcard = (names: CanonicalNames, domain: Domain): CanonicalNames => {
  const wildcard = `*${domain.slice(domain.indexOf("."))}`
  if (!names.dns.has(wildcard) || siteOf(domain) !== domain) return names
  return { ...names, dns: names.dns.difference(new Set([wildcard])) }
}
