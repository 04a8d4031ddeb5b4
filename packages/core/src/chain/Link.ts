/**
 * One certificate of a chain, with what path validation looks at (RFC 5280 §6.1).
 */
import { Result } from "effect"
import { isDer } from "../encoding/der.ts"
import { documentLimits } from "../Limits.ts"
import { constructed, type Der, type Read, readInside, readTime, tags } from "./der.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"
import { type Extensions, readExtensions } from "./extensions.ts"
import type { Signed } from "./signature.ts"

export interface Link extends Signed, Extensions {
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
}

/** Reads one certificate, without trailing octets; fails with what is wrong. */
export const parseLink = (octets: Uint8Array): Read<Link> =>
  Result.gen(function*() {
    if (octets.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(octets)) return yield* malformed
    const [tbs, outer, signature] = yield* readInside(octets, tags.sequence)
    if (tbs === undefined || outer === undefined || signature === undefined) return yield* malformed
    const { algorithm, ...body } = yield* readBody(tbs)
    // RFC 5280 §4.1.1.2: the algorithm is stated twice, and alike.
    if (Buffer.compare(outer.octets, algorithm) !== 0) return yield* malformed
    if (signature.tag !== tags.bitString || signature.content[0] !== 0) return yield* malformed
    return { tbs: tbs.octets, algorithm, signature: signature.content.subarray(1), ...body }
  })

const malformed = Result.fail("the certificate is malformed")

// RFC 5280 §4.1: TBSCertificate. Version, serial number and unique identifiers play no part in path validation.
const readBody = ({ octets }: Der) =>
  Result.gen(function*() {
    const fields = yield* readInside(octets, tags.sequence)
    const [, algorithm, issuer, validity, subject, spki, ...rest] = fields.slice(hasVersion(fields) ? 1 : 0)
    if (algorithm === undefined || issuer === undefined || validity === undefined) return yield* malformed
    if (subject === undefined || spki === undefined) return yield* malformed
    const [notBefore, notAfter] = yield* readInside(validity.octets, tags.sequence)
    if (notBefore === undefined || notAfter === undefined) return yield* malformed
    return {
      algorithm: algorithm.octets,
      issuer: yield* readName(issuer.octets),
      subject: yield* readName(subject.octets),
      notBefore: yield* readTime(notBefore),
      notAfter: yield* readTime(notAfter),
      spki: spki.octets,
      ...yield* readExtensions(rest.find(({ tag }) => tag === constructed(3)))
    }
  })

const hasVersion = (fields: ReadonlyArray<Der>): boolean => fields[0]?.tag === constructed(0)
