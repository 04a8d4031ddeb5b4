/**
 * One certificate of a chain, with the parts that path validation needs (RFC 5280 §6.1).
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import { isDer } from "../der.ts"
import { countInside, type ReadResult, tags } from "../derReader.ts"
import { oids, readOptional, readUses, type Uses } from "../extensions.ts"
import { type Fields, readFields } from "../fields.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"
import { checkPolicies, policyOids } from "./policies.ts"

/**
 * The fields and uses of a certificate, and its two names for comparison. Name constraints and subjectAltName are
 * well-formed DER, but not parsed yet: the budget of the chain pays for that.
 */
export interface PathCertificate extends Fields, Uses {
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
}

/**
 * Parses one certificate; fails on trailing octets.
 *
 * **Gotchas**
 *
 * THE extendedKeyUsage OF ISSUERS IS NOT CHECKED: RFC 5280 §6.1 has no rule for it.
 */
export const parsePathCertificate = (octets: Uint8Array): ReadResult<PathCertificate> =>
  Result.gen(function*() {
    if (octets.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(octets)) return yield* Result.fail("the certificate is malformed")
    return yield* toPathCertificate(yield* readFields(octets))
  })

/** Parses what path validation needs beyond the fields that are read already. */
export const toPathCertificate = (fields: Fields): ReadResult<PathCertificate> =>
  Result.gen(function*() {
    const { faults, uses } = readUses(fields)
    const [fault] = [...fields.faults, ...faults]
    if (fault !== undefined) return yield* Result.fail(fault) // what is not understood fails the run (POSH-MAT-21)
    yield* checkVersion(fields)
    yield* checkPolicies(fields)
    // A signature is a whole number of octets.
    if (fields.unusedBits !== 0) return yield* Result.fail("the signature is malformed")
    const issuer = yield* readName(fields.issuerName)
    const subject = yield* readName(fields.subjectName)
    yield* checkUnread(fields)
    return {
      ...fields,
      ...uses,
      unknownCritical: uses.unknownCritical.filter((oid) => oid !== policyOids.inhibitAny), // see `checkPolicies`
      issuer,
      subject
    }
  })

// RFC 5280 §4.1.2.1, §4.1.2.9: there are three versions, and only version 3 has extensions.
const checkVersion = ({ extensions, version }: Fields): ReadResult<void> =>
  version > 2 || (extensions.size > 0 && version !== 2)
    ? Result.fail("its version is not that of what it holds")
    : Result.void

const checkUnread = ({ extensions }: Fields): ReadResult<void> =>
  Result.gen(function*() {
    const altNames = yield* readOptional(extensions.get(oids.subjectAltName), Result.succeed)
    // §4.2.1.6: SIZE (1..MAX)
    if (altNames !== undefined && (yield* countInside(altNames, tags.sequence)) === 0) {
      return yield* Result.fail("its list of names is empty")
    }
    yield* readOptional(extensions.get(oids.nameConstraints), Result.succeed)
  })
