/**
 * Does a certificate name a domain? Names are advice in POSH and never decide by themselves (POSH-MAT-50); the rules are
 * those of PKIX (requirements §6.1), so that callers who enforce names get the check that they know.
 */
import { Result } from "effect"
import { certificateLimits } from "../Limits.ts"
import { type Domain, isPlain, parseDomain } from "../question/Domain.ts"
import type { ServiceEntry } from "../question/Service.ts"
import type { PresentedNames } from "../x509/names.ts"

/** Which of the domains in question a certificate names. */
export interface NameMatches {
  readonly source: boolean
  readonly delegated: boolean
  /** Absent where there is no derived domain, or DNS did not secure it (POSH-PRF-07). */
  readonly derived?: boolean
}

export interface NameCheckInput {
  readonly names: CanonicalNames
  readonly source: Domain
  /** Host of the last hop: where the material was found. */
  readonly delegated: Domain
  /** Give it only where DNSSEC secured the way to it (POSH-PRF-07). */
  readonly derived?: Domain
  readonly service: ServiceEntry
}

/** Compares the names of a leaf with every domain in question (POSH-MAT-50, POSH-MAT-51). */
export const compareNames = ({ delegated, derived, names, service, source }: NameCheckInput): NameMatches => ({
  source: matchesDomain(names, source, service),
  delegated: matchesDomain(names, delegated, service),
  ...(derived === undefined ? {} : { derived: matchesDomain(names, derived, service) })
})

/**
 * Does a subjectAltName identify this service of this domain (POSH-PRF-02)?
 *
 * **Gotchas**
 *
 * THE COMMON NAME IS NOT LOOKED AT, with or without a subjectAltName (POSH-PRF-03). URIs and addresses name no XMPP
 * service either. Of XmppAddr with U-labels NO MORE THAN {@link certificateLimits} ALLOWS ARE LOOKED AT.
 */
export const matchesDomain = ({ dns, srv, xmpp }: CanonicalNames, domain: Domain, service: ServiceEntry): boolean =>
  dns.has(domain) || dns.has(`*${domain.slice(domain.indexOf("."))}`) ||
  srv.has(`${service.srvName}.${domain}`) || xmpp.has(domain)

/** Names in the form in which they are compared. */
export interface CanonicalNames {
  /**
   * RFC 9525 §6.3: `*` is the whole left-most label and stands for exactly one; a name with any other `*` is equal to no
   * domain, with or without its own left-most label replaced.
   */
  readonly dns: ReadonlySet<string>
  /** RFC 9525 §6.5, RFC 4985 §2: `_service.name`; the service counts only together with its own name. No wildcards. */
  readonly srv: ReadonlySet<string>
  /** RFC 6120 §13.7.1.4: JIDs that are a domain alone, U-labels allowed; both sides in canonical form (POSH-PRF-06). */
  readonly xmpp: ReadonlySet<string>
}

/** Maps names to the form in which they are compared. */
export const canonicalNames = (names: PresentedNames): CanonicalNames => ({
  dns: new Set(names.dns.map(asciiLower)),
  srv: new Set(names.srv.map(asciiLower)),
  xmpp: canonicalDomains(new Set(names.xmpp.map(asciiLower)))
})

// A name that does not fit any more is left out, so that it names nothing; a shorter one behind it may fit.
const canonicalDomains = (addresses: ReadonlySet<string>): ReadonlySet<string> => {
  const domains = new Set<string>()
  let remaining: number = certificateLimits.mappedOctets
  for (const address of addresses) {
    const cost = isPlain(address) ? 0 : Buffer.byteLength(address)
    if (cost > remaining) continue
    remaining -= cost
    const domain = parseDomain(address, { allowSpecialUse: true })
    if (Result.isSuccess(domain)) domains.add(domain.success)
  }
  return domains
}

// Unicode lower-casing would make ASCII of some letters that are none, such as the Kelvin sign.
const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
