/**
 * The two generations of the protocol: where each publishes, and what each accepts (requirements §0.3, §9.1).
 */
import { documentLimits } from "../Limits.ts"
import type { ServiceEntry } from "./Service.ts"

export type Generation = "rfc7711" | "draft"

/** Which generations are asked, in which order (POSH-NEG-01). */
export type Generations = "rfc-then-draft" | "rfc-only" | "draft-only"

interface GenerationRules {
  readonly label: string
  /** The Accept header (POSH-RES-40). */
  readonly accept: string
  readonly bodyOctets: number
  /** Media type that strict mode accepts besides `application/json` (POSH-RES-46). */
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
