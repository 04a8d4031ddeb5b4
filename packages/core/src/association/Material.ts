/**
 * The material of an association: what the {@link file://../proof/posh/Matcher.ts | Matcher} compares a certificate with.
 */

/** Recognised hash names, strongest first (POSH-FMT-42, POSH-MAT-30). */
export const hashNames = ["sha-512", "sha-384", "sha-256"] as const
export type HashName = typeof hashNames[number]

export const hashLengths: Record<HashName, number> = { "sha-512": 64, "sha-384": 48, "sha-256": 32 }

export type Hashes = { readonly [K in HashName]?: Uint8Array }

/** One certificate, identified by hashes of its DER octets (RFC 7711 §3.1). */
export interface Descriptor {
  /** Position in the document. */
  readonly index: number
  readonly hashes: Hashes
}

export interface Fingerprints {
  readonly _tag: "Fingerprints"
  /** Usable descriptors in document order; at least one. */
  readonly descriptors: ReadonlyArray<Descriptor>
}

/** One certificate, published as a whole (draft-miller-posh-00 §3.1). */
export interface JwkEntry {
  /** Position in the document. */
  readonly index: number
  readonly kid?: string
  /** `x5c` decoded: the leaf first. Elements above the leaf may be malformed (POSH-FMT-29). */
  readonly chain: ReadonlyArray<Uint8Array>
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 of the leaf's DER octets. */
  readonly sha256: Uint8Array
  /** SHA-256 of the leaf's SubjectPublicKeyInfo (POSH-MAT-11). */
  readonly spkiSha256: Uint8Array
}

export interface JwkSet {
  readonly _tag: "JwkSet"
  /** Usable entries in document order; at least one. */
  readonly entries: ReadonlyArray<JwkEntry>
}

export type Material = Fingerprints | JwkSet
