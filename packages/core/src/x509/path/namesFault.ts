/**
 * The form of the names in a certificate (RFC 5280 §4.2.1.6).
 */
import { Result } from "effect"
import { certificateLimits } from "../../Limits.ts"
import type { PathCertificate } from "../chain/PathCertificate.ts"
import { countInside, primitive, readInside, tags } from "../derReader.ts"
import { oids } from "../extensions.ts"
import { readAltNames } from "../names.ts"

/** What is wrong with the subjectAltName; `undefined` if nothing is, or if there is none. */
export const namesFault = (certificate: PathCertificate): string | undefined => {
  const value = certificate.extensions.get(oids.subjectAltName)?.value
  if (value === undefined) return undefined
  if (Result.getOrElse(countInside(value, tags.sequence), () => 0) > certificateLimits.names) {
    return "it has too many names"
  }
  const [fault] = readAltNames(certificate).faults
  if (fault !== undefined) return fault
  const names = Result.getOrElse(readInside(value, tags.sequence), () => [])
  return names.every(({ content, tag }) => tag !== dnsName || isHostName(Buffer.from(content).toString("latin1")))
    ? undefined
    : "a dNSName is no host name"
}

const dnsName = primitive(2)

// The preferred syntax of RFC 1034 §3.5 and RFC 1123 §2.1: no underscore, no trailing dot, and no IP address. RFC 5280 leaves
// wildcards open; which of them count is decided where names are compared (POSH-PRF-04).
const isHostName = (name: string): boolean => name.length <= 253 && hostName.test(name)
const hostName = /^(?:[a-z0-9*](?:[a-z0-9*-]{0,61}[a-z0-9*])?\.)*(?!\d+$)[a-z0-9*](?:[a-z0-9*-]{0,61}[a-z0-9*])?$/i
