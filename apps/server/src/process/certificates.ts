/**
 * Certificates and keys in files of the operator: what is in them, and why OpenSSL refuses them.
 */
import { scanPem } from "@posh/core/node"
import { Predicate, Result } from "effect"
import { X509Certificate } from "node:crypto"

/** Octets of a file of certificates: more than a thousand CA certificates. */
export const largestPemFile = 4 * 1024 * 1024

/**
 * Every certificate of a PEM file, in order; at least one. OpenSSL skips malformed blocks silently; here they are a fault, so
 * that no CA is missing unnoticed.
 */
export const parseCertificates = (pem: string): Result.Result<ReadonlyArray<X509Certificate>, string> => {
  const blocks = [...scanPem(pem)]
  if (blocks.length === 0) return Result.fail("holds no PEM certificate")
  if (blocks.some(({ body }) => body === undefined)) return Result.fail("has a PEM block that is cut off")
  if (pem.split(/^-----BEGIN /m).length - 1 !== blocks.length) {
    return Result.fail("has a -----BEGIN that does not stand at the start of its line")
  }
  return Result.all(
    blocks.map(({ label, text }, index) =>
      Result.mapError(
        label?.endsWith("PRIVATE KEY")
          ? Result.fail("is no certificate but a private key")
          : parseCertificate(text),
        (fault) => `has a block ${index + 1} that ${fault}`
      )
    )
  )
}

/** Its key and its dates are read here, because OpenSSL throws on them only when they are used. */
const parseCertificate = (text: string): Result.Result<X509Certificate, string> =>
  Result.gen(function*() {
    const certificate = yield* attempt(() => new X509Certificate(text), "is no certificate")
    yield* attempt(() => certificate.publicKey, "has a key of no use")
    const dates = yield* attempt(() => [certificate.validFromDate, certificate.validToDate], "has dates of no use")
    return dates.some((date) => Number.isNaN(date.getTime())) ? yield* Result.fail("has dates of no use") : certificate
  })

const attempt = <A>(read: () => A, fault: string): Result.Result<A, string> =>
  Result.try({ try: read, catch: (cause) => `${fault} (${opensslReason(cause)})` })

/** As PEM for OpenSSL: exactly the certificates that were parsed. */
export const toPem = (certificates: ReadonlyArray<X509Certificate>): string =>
  certificates.map((certificate) => certificate.toString()).join("")

/** OpenSSL's words, such as `ee key too small`. */
export const opensslReason = (cause: unknown): string => {
  if (Predicate.hasProperty(cause, "reason") && Predicate.isString(cause.reason)) return cause.reason
  return Predicate.isError(cause) ? cause.message : "?"
}
