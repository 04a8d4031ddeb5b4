/**
 * Whom a TLS peer must be, and how that is asked.
 */
import type { ClientQuestion } from "../VerifyResult.ts"

export interface PeerIdentity {
  /** From a trusted context (POSH-REQ-03), not the host that DNS led to. The ordinary check compares names with it as well. */
  readonly domain: string
  readonly service: string
  /** Further members of the question, such as `prooftypes`. */
  readonly options?: Omit<ClientQuestion, "domain" | "service" | "certificate" | "chain" | "fingerprint">
}

/** With the issuers if there are any: a path over them may be what proves it. */
export const questionOf = (
  { domain, options, service }: PeerIdentity,
  chain: ReadonlyArray<Uint8Array>
): ClientQuestion => {
  const [leaf] = chain
  const subject = chain.length > 1 ? { chain } : leaf === undefined ? {} : { certificate: leaf }
  return { ...options, domain, service, ...subject }
}
