/**
 * What is asked of the search for a path.
 */
import type { TrustAnchors } from "./TrustAnchors.ts"

export interface PathQuestion {
  /** DER. */
  readonly leaf: Uint8Array
  /** DER, in any order; repetitions, strangers and malformed ones do no harm. At most `pathLimits.intermediates`. */
  readonly intermediates: ReadonlyArray<Uint8Array>
  readonly anchors: TrustAnchors
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Accept SHA-1 signatures; default false. MD5 and older never count. */
  readonly allowSha1?: boolean | undefined
  /**
   * An OID, such as id-kp-serverAuth: a CA whose extendedKeyUsage has neither it nor anyExtendedKeyUsage does not serve, as in
   * browsers and OpenSSL. RFC 5280 has no such rule. Default: none. THE LEAF'S extendedKeyUsage IS NOT CHECKED.
   */
  readonly purpose?: string | undefined
  /** CAs between leaf and anchor, without self-issued ones; default and maximum `pathLimits.issuers`. */
  readonly pathLength?: number | undefined
}
