/**
 * One certificate of a chain, with what path validation looks at (RFC 5280 §6.1).
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import { isDer } from "../der.ts"
import { countInside, type Read, tags } from "../derReader.ts"
import { oids, readOptional, readUses } from "../extensions.ts"
import { type Fields, readFields } from "../fields.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"
import { checkPolicies, policyOids } from "./policies.ts"
import type { Signed } from "./signature.ts"

export interface PathCertificate extends Signed {
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** What basicConstraints says; `undefined` without the extension, as with those below. */
  readonly isCa: boolean | undefined
  /** CA certificates that may follow below. */
  readonly pathLength: number | undefined
  /** Does keyUsage allow signing certificates? */
  readonly keyCertSign: boolean | undefined
  /** DER, not read yet: the chain's budget pays for it. So with the other. */
  readonly nameConstraints: Uint8Array | undefined
  readonly altNames: Uint8Array | undefined
  /** Critical extensions that are not processed here. */
  readonly unknownCritical: ReadonlyArray<string>
}

/**
 * Reads one certificate, without trailing octets; fails with what is wrong.
 *
 * **Gotchas**
 *
 * RFC 5280 §6.1 gives extendedKeyUsage no rule: THE PURPOSES OF ISSUERS ARE NOT CHECKED.
 */
export const parsePathCertificate = (octets: Uint8Array): Read<PathCertificate> =>
  Result.gen(function*() {
    if (octets.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(octets)) return yield* Result.fail("the certificate is malformed")
    const fields = yield* readFields(octets)
    // RFC 5280 §4.1.2.1, §4.1.2.9: there are three versions, and extensions in the last alone.
    if (fields.version > 2 || (fields.extensions.size > 0 && fields.version !== 2)) {
      return yield* Result.fail("its version is not that of what it holds")
    }
    yield* checkPolicies(fields)
    return {
      ...yield* readSigned(fields),
      issuer: yield* readName(fields.issuer),
      subject: yield* readName(fields.subject),
      notBefore: fields.notBefore,
      notAfter: fields.notAfter,
      spki: fields.spki,
      ...yield* readExtensions(fields)
    }
  })

// A whole number of octets: none of the last one's bits is unused.
const readSigned = ({ algorithm, signature, tbs }: Fields): Read<Signed> =>
  signature[0] === 0
    ? Result.succeed({ tbs, algorithm, signature: signature.subarray(1) })
    : Result.fail("the signature is malformed")

const readExtensions = (fields: Fields) =>
  Result.gen(function*() {
    const { isCa, keyUsage, pathLength, unknownCritical } = yield* readUses(fields)
    const value = (oid: string) => readOptional(fields.extensions.get(oid), Result.succeed)
    const altNames = yield* value(oids.subjectAltName)
    // §4.2.1.6: SIZE (1..MAX)
    if (altNames !== undefined && (yield* countInside(altNames, tags.sequence)) === 0) {
      return yield* Result.fail("its list of names is empty")
    }
    return {
      isCa: fields.extensions.has(oids.basicConstraints) ? isCa : undefined,
      pathLength,
      keyCertSign: keyUsage?.has("keyCertSign"),
      nameConstraints: yield* value(oids.nameConstraints),
      altNames,
      unknownCritical: unknownCritical.filter((oid) => oid !== policyOids.inhibitAny)
    }
  })
