/**
 * Until when what a domain asserts counts (requirements §4.2–4.3).
 */

/** All in milliseconds since the epoch. */
export interface Lifetime {
  /** Start of the request that delivered the material (POSH-CAC-10). */
  readonly fetchedAt: number
  /**
   * From here on the next question resolves again: fresh-until for RFC 7711 (POSH-CAC-10), revalidate-at for the draft
   * generation (POSH-CAC-22).
   */
  readonly revalidateAt: number
  /** Where the source cannot be asked, the material may serve until here. Equal to `revalidateAt` for RFC 7711. */
  readonly graceUntil: number
  /** The end of the material in any case: fresh-until, or the certificates' notAfter (POSH-CAC-20). */
  readonly expiresAt: number
}

/**
 * From here on the material answers nothing any more, although its certificates may live on (POSH-CAC-22): where stores
 * end an entry, so that nobody's certificate decides for how long it takes room. Milliseconds since the epoch.
 */
export const usableUntil = ({ expiresAt, graceUntil }: Lifetime): number => Math.min(expiresAt, graceUntil)

/** Milliseconds; deployments choose them (docs/reference/configuration.md). */
export interface LifetimePolicy {
  /** Cap on RFC 7711 lifetimes (POSH-CAC-11). Default 7 d. 0 means that nothing outlives its question. */
  readonly maxLifetimeMs: number
  /** Age at which draft material is asked for again (POSH-CAC-22). Default 24 h. */
  readonly draftRevalidateMs: number
  /** How long draft material serves where its source cannot be asked (POSH-CAC-22). Default 7 d; Infinity = certificate. */
  readonly draftGraceMs: number
}
