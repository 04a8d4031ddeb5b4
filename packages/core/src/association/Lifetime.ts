/**
 * The lifetime of an association (requirements §4.2–4.3).
 */

/** All in milliseconds since the epoch. */
export interface Lifetime {
  /** Start of the request that delivered the material (POSH-CAC-10). */
  readonly fetchedAt: number
  /**
   * From then on the next question resolves again: fresh-until for RFC 7711 (POSH-CAC-10), revalidate-at for the draft
   * generation (POSH-CAC-22).
   */
  readonly revalidateAt: number
  /** Until then stale material serves if the origin cannot be reached (POSH-CAC-22). Equal to `revalidateAt` for RFC 7711. */
  readonly graceUntil: number
  /** Expiry of the material in any case: fresh-until, or the certificates' notAfter (POSH-CAC-20). */
  readonly expiresAt: number
}

/**
 * From then on the material answers no question, even if its certificates are still valid (POSH-CAC-22). Stores expire an
 * entry at this instant, so a certificate with a distant notAfter does not hold memory. Milliseconds since the epoch.
 */
export const usableUntil = ({ expiresAt, graceUntil }: Lifetime): number => Math.min(expiresAt, graceUntil)

/** Milliseconds; deployments choose them (docs/reference/configuration.md). */
export interface LifetimePolicy {
  /** Maximum lifetime of RFC 7711 material (POSH-CAC-11). Default 7 d. With 0 nothing is reused by a later question. */
  readonly maxLifetimeMs: number
  /** Age at which draft material is stale and resolved again (POSH-CAC-22). Default 24 h. */
  readonly draftRevalidateMs: number
  /**
   * Age up to which stale draft material serves if its origin cannot be reached (POSH-CAC-22). Default 7 d; with
   * Infinity until the certificate expires.
   */
  readonly draftGraceMs: number
}
