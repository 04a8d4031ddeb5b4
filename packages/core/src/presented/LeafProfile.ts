/**
 * The leaf profile: what RFC 5280 requires of a server's certificate (POSH-MAT-04). Only findings; the caller reports
 * or enforces them. THE SIGNATURE OF THE LEAF IS NOT CHECKED (POSH-MAT-05).
 */
import { printable } from "../encoding/quote.ts"
import { type Lint, lint } from "../Lint.ts"
import type { Certificate } from "../x509/Certificate.ts"
import type { KeyUsage } from "../x509/extensions.ts"
import type { PublicKey } from "../x509/publicKey.ts"

/** Lists the violations of the profile. */
export const lintLeaf = (certificate: Certificate): ReadonlyArray<Lint> => [
  ...(certificate.isCa ? [lint("LeafIsCa", "warning")] : []),
  ...(allowsTls(certificate.keyUsage) ? [] : [lint("LeafKeyUsage", "warning")]),
  ...(allowsServers(certificate.extendedKeyUsage) ? [] : [lint("LeafExtendedKeyUsage", "warning")]),
  ...unknownCritical(certificate.unknownCritical),
  ...malformed(certificate.faults),
  ...weakKey(certificate.publicKey)
]

// RFC 5280 §4.2.1.3; RFC 6120 §13.7.1: one of the usages of a TLS key exchange. Without the extension all are allowed.
const tlsUses: ReadonlyArray<KeyUsage> = ["digitalSignature", "keyEncipherment", "keyAgreement"]

/** May the key be used in a TLS handshake? */
export const allowsTls = (uses: Certificate["keyUsage"]): boolean =>
  uses === undefined || tlsUses.some((use) => uses.has(use))

// RFC 5280 §4.2.1.12: id-kp-serverAuth, anyExtendedKeyUsage.
const serverPurposes = ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"]

const allowsServers = (purposes: Certificate["extendedKeyUsage"]): boolean =>
  purposes === undefined || serverPurposes.some((purpose) => purposes.has(purpose))

// RFC 5280 §4.2
const unknownCritical = (oids: ReadonlyArray<string>): ReadonlyArray<Lint> =>
  oids.length === 0
    ? []
    : [lint("LeafUnknownCriticalExtension", "warning", undefined, printable(oids.join(", ")))]

// POSH-MAT-07. What cannot be read may hide any of the other violations.
const malformed = (faults: ReadonlyArray<string>): ReadonlyArray<Lint> =>
  faults.length === 0 ? [] : [lint("LeafPartsMalformed", "warning", undefined, faults.join("; "))]

// RFC 9325 §4.5. A key of unknown length (0) is not reported.
const minBits: { readonly [K in PublicKey["algorithm"]]?: number } = { rsa: 2_048, ec: 256 }

const weakKey = ({ algorithm, bits }: PublicKey): ReadonlyArray<Lint> =>
  bits > 0 && bits < (minBits[algorithm] ?? 0)
    ? [lint("LeafWeakKey", "warning", undefined, `${algorithm} of ${bits} bits`)]
    : []
