/**
 * Checks that a pinned key leads to the web server's certificate (POSH-RES-37).
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import { documentLimits } from "../Limits.ts"
import { checkChain } from "../x509/chain/Chain.ts"
import { readFields } from "../x509/fields.ts"

export interface PinCheck {
  /** Base64 SHA-256 of DER SubjectPublicKeyInfos. */
  readonly pins: ReadonlySet<string>
  /** DER of the server's certificate, which path validation has accepted. */
  readonly leaf: Uint8Array
  /** Its issuers, nearest first, as far as they are known: candidates, of which NOTHING IS VERIFIED yet. */
  readonly issuers: () => ReadonlyArray<Uint8Array>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * For `checkServerIdentity` of `node:tls`: an error, or `undefined` if the key of the certificate, or of one of its issuers, is
 * pinned (RFC 7469 §2.6).
 *
 * **Details**
 *
 * Node.js does not tell which path OpenSSL validated, and links what the server sent by names alone: a server could name a pinned
 * key there that never signed anything. So the key of an issuer counts if the chain from it down to the server's certificate
 * is valid with that issuer as trust anchor (RFC 5280 §6.1).
 *
 * **Gotchas**
 *
 * This is an addition to path validation, and never replaces it. Where its stricter reading refuses a chain that OpenSSL accepts,
 * a pin of an issuer does not count; one of the server's own key does.
 */
export const pinError = ({ issuers, leaf, now, pins }: PinCheck): Error | undefined => {
  const own = pinOf(leaf)
  if (own !== undefined && pins.has(own)) return undefined
  const chain = [leaf, ...issuers()].slice(0, documentLimits.x5c)
  const isVouchedFor = chain.some((issuer, index) => {
    const pin = index === 0 ? undefined : pinOf(issuer)
    return pin !== undefined && pins.has(pin) &&
      Result.isSuccess(checkChain(chain.slice(0, index + 1), { now, allowSha1: false }))
  })
  return isVouchedFor
    ? undefined
    : Object.assign(new Error(`the key of its certificate is sha256/${own ?? "?"}`), { code: pinErrorCode })
}

/** The error code of {@link pinError}. */
export const pinErrorCode = "POSH_PIN_MISMATCH"

/** `undefined` if the certificate cannot be read. */
const pinOf = (certificate: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.map(readFields(certificate), ({ spki }) => hash("sha256", spki, "base64")))
