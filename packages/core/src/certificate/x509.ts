/**
 * The certificate library, behind a boundary that nothing is thrown across (POSH-SEC-13).
 */
import "reflect-metadata"
import { X509Certificate } from "@peculiar/x509"
import { Result } from "effect"
import { printable } from "../encoding/quote.ts"
import { documentLimits } from "../Limits.ts"

/** What people read of a certificate; what decides is read from the octets. */
export interface Description {
  /** RFC 4514-like text; bounded and escaped (POSH-SEC-14). */
  readonly subject: string
  readonly issuer: string
  /** Lower-case hex; bounded. */
  readonly serialNumber: string
}

/** Has the library read the certificate; fails where it cannot. Give it DER alone: it would read other formats too. */
export const readDescription = (der: Uint8Array): Result.Result<Description, string> =>
  Result.try({
    try: () => {
      const { issuer, serialNumber, subject } = new X509Certificate(new Uint8Array(der), { berOptions })
      return { issuer: printable(issuer), serialNumber: printable(serialNumber), subject: printable(subject) }
    },
    catch: () => "it is not an X.509 certificate"
  })

// Octets within octets are read by our own code, once it is known what they are.
const berOptions = {
  parseEmbedded: false,
  maxDepth: 32,
  maxNodes: 512,
  maxContentLength: documentLimits.certificateOctets
}
