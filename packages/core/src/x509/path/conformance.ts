/**
 * What RFC 5280 demands of a certificate by itself, beyond what path validation (§6.1) needs. Certificates of public CAs meet
 * it. The published chain of POSH-MAT-21 is not held to it: there, the domain vouches for whatever its CA writes.
 */
import { Result } from "effect"
import { isSameName } from "../chain/distinguishedName.ts"
import type { PathCertificate } from "../chain/PathCertificate.ts"
import { policyOids } from "../chain/policies.ts"
import { isSigningForbidden, noCertSign, notCa, notUnderstood } from "../chain/validatePath.ts"
import { constructed, readInside, type ReadResult, tags } from "../derReader.ts"
import { oids, readOptional } from "../extensions.ts"
import { readKeyValue, readPublicKey } from "../publicKey.ts"
import { readKeyIds } from "./keyIds.ts"
import { namesFault } from "./namesFault.ts"

/** What a certificate is in a path: `issuer` is a CA below the anchor. */
export type Role = "leaf" | "issuer" | "anchor"

/**
 * Checks what a certificate has to be in this role; returns it.
 *
 * **Gotchas**
 *
 * Anchors are input (RFC 5280 §6.1.1 (d)): of Mozilla's roots, one has no subjectKeyIdentifier and six have the serial number
 * 0. So THESE ARE NOT CHECKED IN ANCHORS.
 */
export const checkConformance = (certificate: PathCertificate, role: Role): ReadResult<PathCertificate> => {
  for (const { fault, roles } of rules) {
    const found = roles.includes(role) ? fault(certificate) : undefined
    if (found !== undefined) return Result.fail(found)
  }
  return Result.succeed(certificate)
}

interface Rule {
  readonly roles: ReadonlyArray<Role>
  /** What is wrong; `undefined` if nothing is. */
  readonly fault: (certificate: PathCertificate) => string | undefined
}

const all: ReadonlyArray<Role> = ["leaf", "issuer", "anchor"]
const cas: ReadonlyArray<Role> = ["issuer", "anchor"]
const belowAnchor: ReadonlyArray<Role> = ["leaf", "issuer"]

/** The cheap ones first. */
const rules: ReadonlyArray<Rule> = [
  // §4.2: what is critical and not understood
  { roles: all, fault: ({ unknownCritical: [oid] }) => oid === undefined ? undefined : notUnderstood(oid) },
  // §4.2.1.9, §4.2.1.3
  { roles: cas, fault: ({ isCa }) => isCa ? undefined : notCa },
  { roles: cas, fault: (certificate) => isSigningForbidden(certificate) ? noCertSign : undefined },
  {
    roles: all,
    fault: (certificate) =>
      certificate.isCa && !isCritical(certificate, oids.basicConstraints)
        ? "the basicConstraints of a CA must be critical"
        : undefined
  },
  {
    roles: ["leaf"],
    fault: ({ isCa, keyUsage }) =>
      !isCa && keyUsage?.has("keyCertSign") === true ? "its key may sign certificates, but it is no CA" : undefined
  },
  // §4.1.2.2
  { roles: belowAnchor, fault: ({ serial }) => isSerial(serial) ? undefined : "its serial number is not in 1..2^159" },
  // §4.1.2.4, §4.1.2.6
  { roles: all, fault: ({ issuer }) => issuer.rdns.length === 0 ? "its issuer has no name" : undefined },
  { roles: cas, fault: ({ subject }) => subject.rdns.length === 0 ? "a CA has no name" : undefined },
  {
    roles: ["leaf"],
    fault: (certificate) =>
      certificate.subject.rdns.length === 0 && !isCritical(certificate, oids.subjectAltName)
        ? "with an empty subject, subjectAltName must be critical"
        : undefined
  },
  // §4.2.1.1, §4.2.1.2
  { roles: all, fault: (certificate) => Result.getOrUndefined(Result.flip(readKeyIds(certificate))) },
  {
    roles: ["issuer"],
    fault: (certificate) => keyIdsOf(certificate)?.own === undefined ? "a CA lacks subjectKeyIdentifier" : undefined
  },
  {
    roles: belowAnchor,
    fault: (certificate) => keyIdsOf(certificate)?.issuer === undefined ? "it lacks authorityKeyIdentifier" : undefined
  },
  { roles: ["anchor"], fault: (certificate) => anchorKeyFault(certificate) },
  // §4.2.1.10
  {
    roles: ["leaf"],
    fault: ({ extensions, isCa }) =>
      !isCa && extensions.has(oids.nameConstraints) ? "it has name constraints, but is no CA" : undefined
  },
  {
    roles: all,
    fault: (certificate) =>
      certificate.extensions.has(oids.nameConstraints) && !isCritical(certificate, oids.nameConstraints)
        ? "name constraints must be critical"
        : undefined
  },
  // §4.2.1.12: SIZE (1..MAX)
  {
    roles: all,
    fault: ({ extendedKeyUsage }) => extendedKeyUsage?.size === 0 ? "its extendedKeyUsage is empty" : undefined
  },
  // §4.2.1.14
  {
    roles: all,
    fault: (certificate) =>
      certificate.extensions.has(policyOids.inhibitAny) && !isCritical(certificate, policyOids.inhibitAny)
        ? "inhibitAnyPolicy must be critical"
        : undefined
  },
  // §4.2.2.1
  {
    roles: all,
    fault: ({ extensions }) => Result.getOrUndefined(Result.flip(readOptional(extensions.get(accessOid), readAccess)))
  },
  {
    roles: all,
    fault: ({ spki }) => isKeyAccepted(spki) ? undefined : "its key is too weak, or not of an accepted kind"
  },
  { roles: belowAnchor, fault: namesFault }
]

const isCritical = ({ extensions }: PathCertificate, oid: string): boolean => extensions.get(oid)?.critical === true

// Positive, at most 20 octets. DER is minimal, so the first octet is 0 only before a set bit, or if the number is 0.
const isSerial = (serial: Uint8Array): boolean =>
  serial.length <= 20 && (serial[0] ?? 0x80) < 0x80 && (serial.length > 1 || serial[0] !== 0)

const keyIdsOf = (certificate: PathCertificate) => Result.getOrUndefined(readKeyIds(certificate))

// §4.2.1.1: only a self-signed certificate may lack it, and that one names its own key.
const anchorKeyFault = (certificate: PathCertificate): string | undefined => {
  const { issuer, own } = keyIdsOf(certificate) ?? {}
  const selfIssued = isSameName(certificate.issuer, certificate.subject)
  const isPresent = certificate.extensions.has("2.5.29.35")
  if (issuer === undefined) return selfIssued && !isPresent ? undefined : "it lacks the keyIdentifier of its issuer"
  return selfIssued && own !== undefined && issuer !== own ? "its two key identifiers contradict each other" : undefined
}

const accessOid = "1.3.6.1.5.5.7.1.1"

// AuthorityInfoAccessSyntax ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { OBJECT IDENTIFIER, GeneralName }
const readAccess = (value: Uint8Array): ReadResult<void> =>
  Result.gen(function*() {
    const descriptions = yield* readInside(value, tags.sequence)
    for (const { octets } of descriptions) {
      const [method, location, ...more] = yield* readInside(octets, tags.sequence)
      const isName = location !== undefined && (location.tag & 0xc0) === (constructed(0) & 0xc0)
      if (method?.tag !== tags.oid || !isName || more.length > 0) return yield* malformed
    }
    if (descriptions.length === 0) return yield* malformed
  })

const malformed = Result.fail("it is malformed")

// RFC 9325 §4.5: RSA of 2,048 bits, curves of 256, by name (RFC 5480 §2.1.1). CA/Browser Forum BR §6.1.6: whole octets of RSA.
const isKeyAccepted = (spki: Uint8Array): boolean =>
  Result.match(readPublicKey(spki), {
    onFailure: () => false,
    onSuccess: ({ algorithm, bits }) => {
      if (algorithm === "rsa") return bits >= 2_048 && bits % 8 === 0
      return algorithm === "ec" ? curves.has(curveOf(spki)) : algorithm !== "other"
    }
  })

const curveOf = (spki: Uint8Array): string => {
  const key = Result.getOrUndefined(readKeyValue(spki))
  return key?.algorithm === "ec" ? key.curve : ""
}

// P-256, P-384, P-521: those with which signatures are checked.
const curves: ReadonlySet<string> = new Set(["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"])
