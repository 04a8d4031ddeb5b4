/**
 * The proof type PKIX: does a public CA vouch for this certificate of a service of this domain (requirements §6.1)?
 */
import { Result } from "effect"
import { siteOf } from "../../fetch/Site.ts"
import { allowsTls } from "../../presented/LeafProfile.ts"
import { type CanonicalNames, matchesDomain } from "../../presented/NameCheck.ts"
import type { Domain } from "../../question/Domain.ts"
import type { ServiceEntry } from "../../question/Service.ts"
import type { Certificate } from "../../x509/Certificate.ts"
import type { FoundPath } from "../../x509/path/findPath.ts"
import type { PathFault } from "../../x509/path/PathFault.ts"
import type { TrustAnchors } from "../../x509/path/TrustAnchors.ts"
import { makePathMemo, type MemoQuestion } from "./PathMemo.ts"

export interface PkixQuestion {
  readonly leaf: Certificate
  /** Of `leaf`. */
  readonly names: CanonicalNames
  /** DER, in any order. */
  readonly intermediates: ReadonlyArray<Uint8Array>
  readonly anchors: TrustAnchors
  /** Milliseconds since the epoch. */
  readonly now: number
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

export type PkixResult =
  /** `until`: the end of the first certificate of the path that ends, in milliseconds since the epoch. */
  | {
    readonly _tag: "Verified"
    readonly path: FoundPath
    readonly until: number
    readonly fetches?: ReadonlyArray<IssuerFetch>
  }
  | {
    readonly _tag: "Failed"
    /** `PathIncomplete`: with certificates that were not presented, there could be a path. */
    readonly code: "PkixPathInvalid" | "PkixNameMismatch" | "PathIncomplete"
    /** For a person; bounded. */
    readonly detail: string
    /** If `PathIncomplete`: DER of the certificates whose issuer is missing; else none. */
    readonly ends: ReadonlyArray<Uint8Array>
    readonly fetches?: ReadonlyArray<IssuerFetch>
  }

/** What came of a URL at which a certificate says that its issuer's is (caIssuers, RFC 5280 §4.2.2.1). */
export interface IssuerFetch {
  /** Bounded and escaped (POSH-SEC-14). */
  readonly url: string
  /** `refused`: such a URL is not asked. `pending`: there was no answer in time, or a budget did not allow to ask. */
  readonly outcome: "fetched" | "refused" | "failed" | "pending"
  /** Why there is no certificate, for a person; bounded. */
  readonly detail?: string
}

export interface PkixCheck {
  /** Takes signature checks for a chain that is not remembered. */
  readonly check: (question: PkixQuestion) => PkixResult
  /** `undefined` for a chain that is not remembered. */
  readonly recall: (question: PkixQuestion) => PkixResult | undefined
}

/**
 * Makes a check with a memo of paths.
 *
 * **Gotchas**
 *
 * REVOCATION IS NOT CHECKED (POSH-PRF-08).
 */
export const makePkixCheck = (): PkixCheck => {
  const { find, recall } = makePathMemo()
  return {
    check: (question) => decideOn(find(toMemoQuestion(question)), question),
    recall: (question) => {
      const path = recall(toMemoQuestion(question))
      return path === undefined ? undefined : decideOn(path, question)
    }
  }
}

const toMemoQuestion = ({ anchors, intermediates, leaf, now, policy: { allowSha1 } }: PkixQuestion): MemoQuestion => ({
  leaf,
  intermediates,
  anchors,
  now,
  allowSha1,
  purpose: serverAuth
})

const decideOn = (path: Result.Result<FoundPath, PathFault>, question: PkixQuestion): PkixResult => {
  if (Result.isFailure(path)) return fail(codeOf(path.failure), path.failure.detail, path.failure.ends)
  const fault = leafFault(question)
  if (fault !== undefined) return fail("PkixPathInvalid", fault)
  if (!namesService(question)) return fail("PkixNameMismatch", `the certificate does not name ${question.source}`)
  return { _tag: "Verified", path: path.success, until: path.success.notAfter }
}

const fail = (
  code: Extract<PkixResult, { _tag: "Failed" }>["code"],
  detail: string,
  ends: ReadonlyArray<Uint8Array> = []
): PkixResult => ({ _tag: "Failed", code, detail, ends })

const codeOf = ({ reason }: PathFault) => reason === "incomplete" ? "PathIncomplete" : "PkixPathInvalid"

/** id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12) */
const serverAuth = "1.3.6.1.5.5.7.3.1"
const anyPurpose = "2.5.29.37.0"

// POSH-PRF-01. RFC 5280 §4.2.1.9 lets a CA certificate be a leaf; but then its key, on a server, issues for everybody.
const leafFault = ({ leaf, policy }: PkixQuestion): string | undefined => {
  if (leaf.isCa && !policy.caLeaf) return "the certificate is that of a CA"
  if (!allowsTls(leaf.keyUsage)) return "the certificate's keyUsage does not allow TLS"
  const purposes = leaf.extendedKeyUsage
  const isServer = purposes === undefined || purposes.has(serverAuth) || (policy.anyPurpose && purposes.has(anyPurpose))
  return isServer ? undefined : "the certificate's extendedKeyUsage does not allow servers"
}

// POSH-PRF-02…07
const namesService = ({ derived = [], names, service, source }: PkixQuestion): boolean =>
  [source, ...derived].some((domain) => matchesDomain(withoutSuffixWildcard(names, domain), domain, service))

// A wildcard for all registrable domains below a public suffix, such as `*.com`, is no domain's own (RFC 9525 §7.1).
const withoutSuffixWildcard = (names: CanonicalNames, domain: Domain): CanonicalNames => {
  const wildcard = `*${domain.slice(domain.indexOf("."))}`
  if (!names.dns.has(wildcard) || siteOf(domain) !== domain) return names
  return { ...names, dns: names.dns.difference(new Set([wildcard])) }
}
