/**
 * The two generations of the protocol: where each publishes, and what each accepts (requirements §0.3, §9.1).
 */
import type { HttpsTarget } from "../fetch/Fetcher.ts"
import { documentLimits } from "../Limits.ts"
import type { Domain } from "./Domain.ts"
import type { ServiceEntry } from "./Service.ts"

export type Generation = "rfc7711" | "draft"

/** Which generations are asked, in which order (POSH-NEG-01). */
export type Generations = "rfc-then-draft" | "rfc-only" | "draft-only"

interface GenerationRules {
  readonly label: string
  /** POSH-RES-40 */
  readonly accept: string
  readonly bodyOctets: number
  /** Media type that the strict profile asks for besides `application/json` (POSH-RES-46). */
  readonly mediaType: string
  readonly path: (service: ServiceEntry) => string
}

export const generationRules: Record<Generation, GenerationRules> = {
  rfc7711: {
    label: "RFC 7711",
    accept: "application/json",
    bodyOctets: documentLimits.fingerprintsOctets,
    mediaType: "application/json",
    path: (service) => `/.well-known/posh/${service.key}.json` // POSH-RES-20
  },
  draft: {
    label: "the draft generation",
    accept: "application/jwk-set+json, application/json;q=0.9",
    bodyOctets: documentLimits.jwkSetOctets,
    mediaType: "application/jwk-set+json",
    path: (service) => `/.well-known/posh.${service.draftDesc}.json` // POSH-RES-21
  }
}

/**
 * The URL at which a domain publishes (POSH-RES-20…24): built from canonical parts alone, and read back by a URL
 * parser. A disagreement would be a defect of this library, hence the throw.
 */
export const wellKnownTarget = (generation: Generation, domain: Domain, service: ServiceEntry): HttpsTarget => {
  const path = generationRules[generation].path(service)
  const url = `https://${domain}${path}`
  const parsed = new URL(url)
  if (parsed.href !== url || parsed.hostname !== domain || parsed.port !== "" || parsed.pathname !== path) {
    throw new Error(`well-known URL ${url} reads back as ${parsed.href}`)
  }
  return { url, host: domain, port: 443, path }
}
