/**
 * One certificate of a chain, with what path validation looks at (RFC 5280 §6.1).
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
 * A certificate's fields and uses, and its two names ready to be compared. Name constraints and alternative names are
 * well-formed DER among its extensions, not read yet: the chain's budget pays for it.
 */
export interface PathCertificate extends Fields, Uses {
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
}

/**
 * Reads one certificate, without trailing octets; fails with what is wrong.
 *
 * **Gotchas**
 *
 * RFC 5280 §6.1 gives extendedKeyUsage no rule: THE PURPOSES OF ISSUERS ARE NOT CHECKED.
 */
export const parsePathCertificate = (octets: Uint8Array): ReadResult<PathCertificate> =>
  Result.gen(function*() {
    if (octets.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(octets)) return yield* Result.fail("the certificate is malformed")
    const fields = yield* readFields(octets)
    yield* checkVersion(fields)
    yield* checkPolicies(fields)
    // A whole number of octets.
    if (fields.unusedBits !== 0) return yield* Result.fail("the signature is malformed")
    const issuer = yield* readName(fields.issuerName)
    const subject = yield* readName(fields.subjectName)
    const uses = yield* readUses(fields)
    yield* checkUnread(fields)
    return {
      ...fields,
      ...uses,
      unknownCritical: uses.unknownCritical.filter((oid) => oid !== policyOids.inhibitAny), // `checkPolicies` knows it
      issuer,
      subject
    }
  })

// RFC 5280 §4.1.2.1, §4.1.2.9: there are three versions, and extensions in the last alone.
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
