/**
 * Well-known URLs (requirements §2.3).
 */
import type { HttpsTarget } from "../../fetch/Fetcher.ts"
import type { Domain } from "../../question/Domain.ts"
import { type Generation, generationRules } from "../../question/Generation.ts"
import type { ServiceEntry } from "../../question/Service.ts"

/**
 * The URL at which a domain publishes (POSH-RES-20…24). Built from canonical parts, and checked with a URL parser.
 * Throws if the two differ, because that is a defect of this library.
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
