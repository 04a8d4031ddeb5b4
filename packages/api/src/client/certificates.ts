/**
 * The certificates of a question as DER, the leaf first. Pure. The client sends what it has read, so that it knows the digest
 * that the answer must have. WHETHER THEY ARE CERTIFICATES IS NOT CHECKED: the service does that.
 */
import { Result } from "effect"
import { fromBase64 } from "./base64.ts"

/** As the service limits them (POSH-REQ-01). */
export const certificateLimits = { count: 10, octets: 32 * 1024 } as const

/** The most text that one certificate can be in PEM, with what may stand around it. */
const longestText = 1024 * 1024

type Read = Result.Result<ReadonlyArray<Uint8Array<ArrayBuffer>>, string>

export const readCertificates = (values: ReadonlyArray<unknown>): Read => {
  if (values.length > certificateLimits.count) return Result.fail(tooMany)
  const read: Array<Uint8Array<ArrayBuffer>> = []
  for (const value of values) {
    const found = value instanceof Uint8Array ? Result.succeed([new Uint8Array(value)]) : readText(value)
    if (Result.isFailure(found)) return found
    read.push(...found.success)
    if (read.length > certificateLimits.count) return Result.fail(tooMany)
  }
  if (read.length === 0) return Result.fail("there is no certificate")
  const isPlausible = (der: Uint8Array) => der[0] === 0x30 && der.length > 2 && der.length <= certificateLimits.octets
  return read.every(isPlausible) ? Result.succeed(read) : Result.fail("a certificate is not DER of at most 32 KiB")
}

const tooMany = `more than ${certificateLimits.count} certificates`

const readText = (text: unknown): Read => {
  if (typeof text !== "string" || text.length > longestText) return Result.fail("a certificate is no text, or too long")
  if (!text.includes("-----BEGIN")) return toRead([text])
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END ([A-Z0-9 ]+)-----/g)]
  // It must not leave this process, and nobody wanted to send it.
  if (text.includes("PRIVATE KEY-----")) return Result.fail("the text has a private key")
  if (blocks.some(([, begin, , end]) => begin !== end)) return Result.fail("a PEM block ends as another one")
  const otherForms = /^(?:X509 CERTIFICATE|TRUSTED CERTIFICATE|PKCS7|CMS)$/
  if (blocks.some(([, label = ""]) => otherForms.test(label))) {
    return Result.fail("a PEM block has certificates in another form than CERTIFICATE")
  }
  return toRead(blocks.flatMap(([, label, body = ""]) => label === "CERTIFICATE" ? [body] : []))
}

const toRead = (bodies: ReadonlyArray<string>): Read => {
  const read = bodies.flatMap((body) => fromBase64(body) ?? [])
  return read.length === bodies.length && read.length > 0
    ? Result.succeed(read)
    : Result.fail("a certificate is neither PEM nor base64 of DER")
}
