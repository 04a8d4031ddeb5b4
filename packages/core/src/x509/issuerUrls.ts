/**
 * Where a certificate says that its issuer's is: caIssuers of authorityInfoAccess (RFC 5280 §4.2.2.1).
 */
import { Result } from "effect"
import { issuerLimits } from "../Limits.ts"
import { type Der, primitive, readInside, readOid, type ReadResult, tags } from "./derReader.ts"
import { readOptional } from "./extensions.ts"
import { readFields } from "./fields.ts"

/**
 * The first URIs, in order, as they stand there. A malformed extension has none, and so has one with too many members.
 *
 * **Gotchas**
 *
 * NOTHING IS CHECKED OF THEM: a stranger chose them, they may have any scheme and host, and octets that no URI has.
 */
export const readIssuerUrls = (der: Uint8Array): ReadonlyArray<string> => {
  const read = Result.flatMap(
    readFields(der),
    ({ extensions }) => readOptional(extensions.get(authorityInfoAccess), readDescriptions)
  )
  return Result.getOrElse(read, () => [])?.slice(0, issuerLimits.urlsOfCertificate) ?? []
}

const authorityInfoAccess = "1.3.6.1.5.5.7.1.1"
const caIssuers = "1.3.6.1.5.5.7.48.2"

// SEQUENCE SIZE (1..MAX) OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }
const readDescriptions = (value: Uint8Array): ReadResult<ReadonlyArray<string>> =>
  Result.flatMap(
    readInside(value, tags.sequence, issuerLimits.descriptions),
    (descriptions) => Result.map(Result.all(descriptions.map(readDescription)), (urls) => urls.flat())
  )

const readDescription = ({ octets }: Der): ReadResult<ReadonlyArray<string>> =>
  Result.gen(function*() {
    const [method, location] = yield* readInside(octets, tags.sequence, 2)
    const name = yield* readOid(method)
    if (location === undefined) return yield* Result.fail("an access description has no location")
    return name === caIssuers && location.tag === uniformResourceIdentifier
      ? [Buffer.from(location.content).toString("latin1")]
      : []
  })

/** `[6] IMPLICIT IA5String` of GeneralName. */
const uniformResourceIdentifier = primitive(6)
