/**
 * One certificate of a chain, with what path validation looks at (RFC 5280 §6.1).
 */
import { Result } from "effect"
import { oids, readUses } from "../certificate/extensions.ts"
import { type Fields, readFields } from "../certificate/fields.ts"
import { isDer } from "../encoding/der.ts"
import { constructed, type Der, type Read, readInside, tags } from "../encoding/derReader.ts"
import { documentLimits } from "../Limits.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"
import { type NameConstraints, readNameConstraints } from "./nameConstraints.ts"
import type { Signed } from "./signature.ts"

export interface Link extends Signed {
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
  readonly nameConstraints: NameConstraints | undefined
  /** subjectAltName. */
  readonly altNames: ReadonlyArray<Der> | undefined
  /** Critical extensions that are not processed here. */
  readonly unknownCritical: ReadonlyArray<string>
}

/** Reads one certificate, without trailing octets; fails with what is wrong. */
export const parseLink = (octets: Uint8Array): Read<Link> =>
  Result.gen(function*() {
    if (octets.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(octets)) return yield* Result.fail("the certificate is malformed")
    const fields = yield* readFields(octets)
    const signed = yield* readSigned(octets)
    return { ...fields, ...signed, ...yield* readNames(signed.tbs), ...yield* readExtensions(fields) }
  })

const readSigned = (octets: Uint8Array): Read<Signed> =>
  Result.flatMap(
    readInside(octets, tags.sequence),
    ([tbs, algorithm, signature]) =>
      tbs === undefined || algorithm === undefined || signature?.content[0] !== 0
        ? Result.fail("the signature is malformed")
        : Result.succeed({ tbs: tbs.octets, algorithm: algorithm.octets, signature: signature.content.subarray(1) })
  )

// RFC 5280 §4.1: issuer, validity and subject follow version, serial number and algorithm.
const readNames = (tbs: Uint8Array): Read<Pick<Link, "issuer" | "subject">> =>
  Result.gen(function*() {
    const fields = yield* readInside(tbs, tags.sequence)
    const [, , issuer, , subject] = fields[0]?.tag === constructed(0) ? fields.slice(1) : fields
    if (issuer === undefined || subject === undefined) return yield* Result.fail("the certificate is malformed")
    return { issuer: yield* readName(issuer.octets), subject: yield* readName(subject.octets) }
  })

const readExtensions = (fields: Fields) =>
  Result.gen(function*() {
    const { isCa, keyUsage, pathLength, unknownCritical } = yield* readUses(fields)
    const value = (oid: string) => fields.extensions.get(oid)?.value
    return {
      isCa: fields.extensions.has(oids.basicConstraints) ? isCa : undefined,
      pathLength,
      keyCertSign: keyUsage?.has("keyCertSign"),
      nameConstraints: yield* optional(value(oids.nameConstraints), readNameConstraints),
      altNames: yield* optional(value(oids.subjectAltName), (names) => readInside(names, tags.sequence)),
      unknownCritical: unknownCritical.filter((oid) => oid !== inhibitAnyPolicy)
    }
  })

// Together with the policies that `readUses` processes: without an initial policy set and without policy constraints
// (which stay unknown) no policy fails a path (RFC 5280 §6.1). §6.1 gives extendedKeyUsage no rule either: THE PURPOSES
// OF ISSUERS ARE NOT CHECKED.
const inhibitAnyPolicy = "2.5.29.54"

const optional = <A>(
  value: Uint8Array | undefined,
  read: (value: Uint8Array) => Read<A>
): Read<A | undefined> => value === undefined ? Result.succeed(undefined) : read(value)
