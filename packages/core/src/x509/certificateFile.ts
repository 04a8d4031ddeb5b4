/**
 * Certificates as authorities publish them at the URLs of caIssuers (RFC 5280 §4.2.2.1): one in DER, or a "certs-only" CMS
 * message (RFC 5652 §5, RFC 5272 §4.1). PEM, which some publish against the RFC, is read as well.
 *
 * Media types decide nothing: servers often have them wrong. The first octet tells DER from PEM.
 */
import { Result } from "effect"
import { issuerLimits } from "../Limits.ts"
import { parseCertificate } from "./Certificate.ts"
import { constructed, type Der, readAll, readInside, readOid, type ReadResult, tags } from "./derReader.ts"
import { parsePemOrBase64 } from "./pem.ts"

/**
 * The certificates in a file, each once, in order, as copies; at least one.
 *
 * **Details**
 *
 * Those that cannot be read are left out. More than `issuerLimits.certificates` are refused.
 *
 * **Gotchas**
 *
 * NOTHING IS VERIFIED, the signatures of a CMS message included: they are candidates for a path, whoever sent them. BER that is
 * not DER is refused.
 */
export const parseCertificateFile = (octets: Uint8Array): ReadResult<ReadonlyArray<Uint8Array>> =>
  Result.flatMap(read(octets), (ders) => {
    const readable = ders.filter((der) => Result.isSuccess(parseCertificate(der)))
    const distinct = new Map(readable.map((der) => [Buffer.from(der).toString("latin1"), der]))
    return distinct.size === 0
      ? Result.fail("there is no certificate in it")
      : Result.succeed([...distinct.values()].map((der) => new Uint8Array(der)))
  })

const read = (octets: Uint8Array): ReadResult<ReadonlyArray<Uint8Array>> => {
  if (octets[0] === tags.sequence) return readDer(octets)
  if (octets[0] !== dash) return Result.fail("it is neither DER nor PEM")
  const blocks = parsePemOrBase64(Buffer.from(octets).toString("latin1"))
  return Result.mapError(blocks, ({ detail }) => detail)
}

const dash = "-".charCodeAt(0)

// A Certificate begins with a SEQUENCE, ContentInfo with an OBJECT IDENTIFIER.
const readDer = (octets: Uint8Array): ReadResult<ReadonlyArray<Uint8Array>> =>
  Result.gen(function*() {
    const [first, content] = yield* readInside(octets, tags.sequence, 3)
    if (first?.tag === tags.sequence) return [octets]
    if (first?.tag !== tags.oid || (yield* readOid(first)) !== signedData || content?.tag !== constructed(0)) {
      return yield* Result.fail("it is neither a certificate nor a CMS message of certificates")
    }
    return yield* readSignedData(content)
  })

/** id-signedData, RFC 5652 §5.1 */
const signedData = "1.2.840.113549.1.7.2"

// version, digestAlgorithms, encapContentInfo, certificates [0], crls [1], signerInfos. THE SIGNATURES ARE NOT READ.
const readSignedData = ({ content }: Der): ReadResult<ReadonlyArray<Uint8Array>> =>
  Result.gen(function*() {
    const members = yield* readInside(content, tags.sequence, 6)
    const { content: choices } = members.find(({ tag }) => tag === constructed(0)) ?? { content: new Uint8Array() }
    return yield* readChoices(choices)
  })

// CertificateSet ::= SET OF CertificateChoices, of which a SEQUENCE is a certificate (§10.2.2, §10.2.3).
const readChoices = (octets: Uint8Array): ReadResult<ReadonlyArray<Uint8Array>> =>
  Result.mapBoth(readAll(octets, issuerLimits.certificates), {
    onFailure: () => `its certificates are malformed, or more than ${issuerLimits.certificates}`,
    onSuccess: (choices) => choices.filter(({ tag }) => tag === tags.sequence).map((choice) => choice.octets)
  })
