/**
 * Generates the document that a domain should publish, in a form that every known verifier accepts (requirements §7).
 */
import { Result } from "effect"
import { createPublicKey } from "node:crypto"
import { toBase64, toHex } from "../encoding/base64.ts"
import { documentLimits } from "../Limits.ts"
import type { Lint } from "../Lint.ts"
import { lintLeaf } from "../presented/LeafProfile.ts"
import { digest } from "../presented/Presented.ts"
import { type Generation, generationRules } from "../question/Generation.ts"
import { QuestionError } from "../question/QuestionError.ts"
import type { ServiceEntry } from "../question/Service.ts"
import type { Certificate } from "../x509/Certificate.ts"
import { publishableTarget } from "./lint/reference.ts"

/** The certificates to publish, or the URL of a reference (RFC 7711 §3.2; not in the draft generation). */
export type GenerateRequest =
  | {
    /** One for each certificate that the server may present; order and duplicates do not matter. */
    readonly certificates: ReadonlyArray<Certificate>
    readonly generation: Generation
    /**
     * Whole seconds ≥ 1. Default 86,400 for RFC 7711. A JWK Set needs none, because its lifetime is that of its
     * certificates; if given, it is an upper bound for verifiers that support it (POSH-FMT-34).
     */
    readonly expires?: number
  }
  | {
    /** An absolute https URL. */
    readonly url: string
    /** Whole seconds ≥ 1. Default 86,400. */
    readonly expires?: number
  }

export interface GeneratedDocument {
  /** JSON text, indented. */
  readonly document: string
  readonly contentType: string
  /** Where to publish it at the source domain. */
  readonly path: string
  /** Violations of the leaf profile by the certificates, such as that of a CA (POSH-MAT-04); paths are those in the document. */
  readonly findings: ReadonlyArray<Lint>
}

/**
 * Generates a document for one service.
 *
 * **Details**
 *
 * Fails with `InvalidRequest`; `field` names the member at fault. A CA certificate is published with a finding: the leaf
 * profile is the verifier's policy.
 *
 * @param now milliseconds since the epoch; an expired certificate is refused, because verifiers never accept it.
 */
export const generateDocument = (
  request: GenerateRequest,
  service: ServiceEntry,
  now: number
): Result.Result<GeneratedDocument, QuestionError> =>
  Result.gen(function*() {
    yield* checkExpires(request.expires)
    if ("url" in request) {
      const { url } = request
      yield* Result.mapError(publishableTarget(url), ({ detail }) => invalid("url", detail))
      return toGenerated({ url, expires: request.expires ?? defaultExpires }, "rfc7711", service, [])
    }
    const { expires, generation } = request
    const certificates = newestFirst(distinct(request.certificates))
    yield* checkCertificates(certificates, generation, now)
    if (generation === "rfc7711") {
      const fingerprints = certificates.map(toDescriptor)
      const findings = lintCertificates(certificates, "fingerprints")
      return toGenerated({ fingerprints, expires: expires ?? defaultExpires }, generation, service, findings)
    }
    const keys = yield* Result.all(certificates.map((certificate) => toJwk(certificate, kidLength(certificates))))
    const document = expires === undefined ? { keys } : { keys, expires }
    return yield* withinLimit(
      toGenerated(document, generation, service, lintCertificates(certificates, "keys")),
      generationRules[generation].bodyOctets
    )
  })

const lintCertificates = (certificates: ReadonlyArray<Certificate>, member: string): ReadonlyArray<Lint> =>
  certificates.flatMap((certificate, index) =>
    lintLeaf(certificate).map(({ code, message, severity }) => ({
      code,
      severity,
      message,
      path: `${member}[${index}]`
    }))
  )

const defaultExpires = 86_400

// POSH-PUB-06
const checkExpires = (expires: number | undefined) =>
  expires === undefined || (Number.isSafeInteger(expires) && expires >= 1)
    ? Result.void
    : Result.fail(invalid("expires", "expires is a whole number of seconds, at least 1"))

const distinct = (certificates: ReadonlyArray<Certificate>): ReadonlyArray<Certificate> => [
  ...new Map(certificates.map((certificate) => [hex(certificate), certificate])).values()
]

// POSH-PUB-07: the renewed certificate first, the soonest to expire last; the hash breaks ties, so the order is total.
const newestFirst = (certificates: ReadonlyArray<Certificate>): ReadonlyArray<Certificate> =>
  certificates.toSorted((a, b) =>
    b.notAfter - a.notAfter || b.notBefore - a.notBefore || Buffer.compare(a.sha256, b.sha256)
  )

const checkCertificates = (certificates: ReadonlyArray<Certificate>, generation: Generation, now: number) => {
  const max = generation === "rfc7711" ? documentLimits.descriptors : documentLimits.keys
  if (certificates.length === 0) return Result.fail(invalid("certificates", "at least one certificate is needed"))
  if (certificates.length > max) {
    return Result.fail(invalid("certificates", `verifiers read no more than ${max} certificates`))
  }
  const expired = certificates.find(({ notAfter }) => notAfter < now)
  return expired === undefined
    ? Result.void
    : Result.fail(invalid("certificates", `certificate ${hex(expired)} (SHA-256) has expired`))
}

// POSH-PUB-05: several verifiers support only padded sha-256.
const toDescriptor = ({ der, sha256 }: Certificate) => ({
  "sha-256": toBase64(sha256),
  "sha-512": toBase64(digest("sha-512", der))
})

// POSH-PUB-13. Issuers are left out, because matching does not need them (POSH-MAT-10).
const toJwk = (certificate: Certificate, kidLength: number) =>
  Result.map(publicMembers(certificate), (members) => ({
    ...members,
    kid: hex(certificate).slice(0, kidLength),
    x5c: [toBase64(certificate.der)]
  }))

// The shortest prefix of the hash that makes the key ids unique.
const kidLength = (certificates: ReadonlyArray<Certificate>): number =>
  [8, 16, 32].find((length) =>
    new Set(certificates.map((certificate) => hex(certificate).slice(0, length))).size === certificates.length
  ) ?? 64

const curves = new Set(["P-256", "P-384", "P-521", "Ed25519", "Ed448"])

// OpenSSL exports minimal integers and full-length coordinates (RFC 7518 §2, §6.2.1). Throws on keys that JWK lacks.
const publicMembers = ({ publicKey, sha256 }: Certificate) =>
  Result.try({
    try: () =>
      createPublicKey({ key: Buffer.from(publicKey.spki), format: "der", type: "spki" }).export({ format: "jwk" }),
    catch: () => unsupportedKey(sha256)
  }).pipe(
    Result.filterOrFail(({ crv, kty }) => kty === "RSA" || curves.has(crv ?? ""), () => unsupportedKey(sha256))
  )

const unsupportedKey = (sha256: Uint8Array): QuestionError =>
  invalid("certificates", `the key of certificate ${toHex(sha256)} (SHA-256) fits no JWK Set`)

const toGenerated = (
  document: object,
  generation: Generation,
  service: ServiceEntry,
  findings: ReadonlyArray<Lint>
): GeneratedDocument => ({
  document: `${JSON.stringify(document, null, 2)}\n`,
  contentType: generationRules[generation].mediaType,
  path: generationRules[generation].path(service),
  findings
})

// POSH-FMT-08
const withinLimit = (generated: GeneratedDocument, octets: number) =>
  Buffer.byteLength(generated.document) <= octets
    ? Result.succeed(generated)
    : Result.fail(invalid("certificates", `the document would be larger than ${octets} octets`))

const hex = ({ sha256 }: Certificate): string => toHex(sha256)

const invalid = (field: string, detail: string): QuestionError =>
  new QuestionError({ code: "InvalidRequest", field, detail })
