/**
 * The optional name check. In POSH the names of a certificate are only advice (POSH-MAT-50). The rules are those of
 * PKIX (requirements §6.1), so that callers that enforce names get the usual check.
 */
import { Result } from "effect"
import { certificateLimits } from "../Limits.ts"
import { type Domain, isPlain, parseDomain } from "../question/Domain.ts"
import type { ServiceEntry } from "../question/Service.ts"
import type { PresentedNames } from "../x509/names.ts"

/** Which of the domains a certificate names. */
export interface NameMatches {
  readonly source: boolean
  readonly delegated: boolean
  /** Absent without a derived domain that DNSSEC secured (POSH-PRF-07). */
  readonly derived?: boolean
}

export interface NameCheckInput {
  readonly names: CanonicalNames
  readonly source: Domain
  /** Host of the last hop, which served the material. */
  readonly delegated: Domain
  /** Only what DNSSEC secured (POSH-PRF-07). Default none. */
  readonly derived?: ReadonlyArray<Domain>
  readonly service: ServiceEntry
}

/** Compares the names of a leaf with all these domains (POSH-MAT-50, POSH-MAT-51). */
export const compareNames = ({ delegated, derived = [], names, service, source }: NameCheckInput): NameMatches => ({
  source: matchesDomain(names, source, service),
  delegated: matchesDomain(names, delegated, service),
  ...(derived.length === 0 ? {} : { derived: derived.some((domain) => matchesDomain(names, domain, service)) })
})

/**
 * Does a subjectAltName identify this service of this domain (POSH-PRF-02)?
 *
 * **Gotchas**
 *
 * THE COMMON NAME IS NOT CHECKED, with or without a subjectAltName (POSH-PRF-03). URIs and IP addresses name no XMPP
 * service either, and an XmppAddr names no other. XmppAddr WITH U-LABELS ARE IGNORED BEYOND `mappedOctets` of {@link certificateLimits}.
 */
export const matchesDomain = ({ dns, srv, xmpp }: CanonicalNames, domain: Domain, service: ServiceEntry): boolean =>
  dns.has(domain) || dns.has(`*${domain.slice(domain.indexOf("."))}`) ||
  srv.has(`${service.srvName}.${domain}`) || (xmpp.has(domain) && service.key.startsWith("xmpp-"))

/** Names in canonical form, for comparison. */
export interface CanonicalNames {
  /**
   * RFC 9525 §6.3: `*` is the whole left-most label and matches exactly one label. A name with any other `*` is in this
   * set too, but equals no domain and no wildcard form of one.
   */
  readonly dns: ReadonlySet<string>
  /** RFC 9525 §6.5, RFC 4985 §2: `_service.name`, compared as a whole. No wildcards. */
  readonly srv: ReadonlySet<string>
  /** RFC 6120 §13.7.1.4: JIDs that are only a domain, in canonical form; U-labels are mapped (POSH-PRF-06). */
  readonly xmpp: ReadonlySet<string>
}

/** Converts names to canonical form. */
export const canonicalNames = (names: PresentedNames): CanonicalNames => ({
  dns: new Set(names.dns.map(asciiLower)),
  srv: new Set(names.srv.map(asciiLower)),
  xmpp: canonicalDomains(new Set(names.xmpp.map(asciiLower)))
})

// A name over the remaining budget is skipped, so it matches nothing; a shorter one after it may fit.
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

// ASCII only: Unicode lower-casing maps some other letters to ASCII, such as the Kelvin sign to k.
const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
