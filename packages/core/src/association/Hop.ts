/**
 * One request of an attempt, as evidence (POSH-RES-90).
 */

/** The kind of document in a response (RFC 7711 §3, or the draft's JWK Set). */
export type DocumentKind = "jwk-set" | "fingerprints" | "reference"

export interface Hop {
  readonly url: string
  readonly status?: number
  /** The address that was dialled. */
  readonly address?: string
  /** Base64 SHA-256 of the certificate that the web server presented. */
  readonly tlsLeafSha256?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  readonly document?: DocumentKind
  /** Hex SHA-256 of the document's octets, without content coding; of a document that was refused too. */
  readonly documentSha256?: string
}
