/**
 * For how long a deployment believes what a domain asserts. Milliseconds (design §5).
 */
export interface LifetimePolicy {
  /** Cap on RFC 7711 lifetimes (POSH-CAC-11). Default 7 d. 0 means that nothing outlives its question. */
  readonly maxLifetimeMs: number
  /** Age at which draft material is asked for again (POSH-CAC-22). Default 24 h. */
  readonly draftRevalidateMs: number
  /** How long draft material serves where its source cannot be asked (POSH-CAC-22). Default 7 d; Infinity = certificate. */
  readonly draftGraceMs: number
}
