/**
 * Does a certificate name a domain? Names are advice in POSH and never decide by themselves (POSH-MAT-50); the rules are
 * those of PKIX (requirements §6.1), so that callers who enforce names get the check that they know.
 */
import { Result } from "effect"
import type { PresentedNames } from "./Certificate.ts"
import { type Domain, parseDomain } from "./Domain.ts"
import type { ServiceEntry } from "./Service.ts"

/** Which of the domains in question a certificate names. */
export interface NameMatches {
  readonly source: boolean
  readonly delegated: boolean
  /** Absent where there is no derived domain, or DNS did not secure it (POSH-PRF-07). */
  readonly derived?: boolean
}

export interface NamesInQuestion {
  readonly names: PresentedNames
  readonly source: Domain
  /** Host of the last hop: where the material was found. */
  readonly delegated: Domain
  /** Give it only where DNSSEC secured the way to it (POSH-PRF-07). */
  readonly derived?: Domain
  readonly service: ServiceEntry
}

/** Compares the names of a leaf with every domain in question (POSH-MAT-50, POSH-MAT-51). */
export const compareNames = ({ delegated, derived, names, service, source }: NamesInQuestion): NameMatches => ({
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
 * service either.
 */
export const matchesDomain = (names: PresentedNames, domain: Domain, service: ServiceEntry): boolean =>
  names.dns.some((name) => matchesDnsId(name, domain)) ||
  names.srv.some((name) => matchesSrvId(name, domain, service)) ||
  names.xmpp.some((name) => matchesXmppAddr(name, domain))

// RFC 9525 §6.3: `*` is the whole left-most label and stands for exactly one; with any other `*` the name is no name.
const matchesDnsId = (presented: string, domain: Domain): boolean => {
  const name = asciiLower(presented)
  if (name === domain) return true
  return name.startsWith("*.") && name.slice(1) === domain.slice(domain.indexOf("."))
}

// RFC 9525 §6.5, RFC 4985 §2: `_service.name`; the service counts only together with its own name. No wildcards.
const matchesSrvId = (presented: string, domain: Domain, service: ServiceEntry): boolean =>
  asciiLower(presented) === `${service.srvName}.${domain}`

// RFC 6120 §13.7.1.4: a JID that is a domain alone, U-labels allowed; both sides in canonical form (POSH-PRF-06).
const matchesXmppAddr = (presented: string, domain: Domain): boolean =>
  Result.match(parseDomain(presented, { allowSpecialUse: true }), {
    onFailure: () => false,
    onSuccess: (name) => name === domain
  })

// Unicode lower-casing would make ASCII of some letters that are none, such as the Kelvin sign.
const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
