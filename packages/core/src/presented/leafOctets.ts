/**
 * The octets of the certificate in question, with their digest, before anything of it is parsed.
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import { documentLimits, questionLimits } from "../Limits.ts"
import type { Question } from "../question/Question.ts"
import { QuestionError } from "../question/QuestionError.ts"
import { parsePemOrBase64, readUsualPem } from "../x509/pem.ts"

/** A leaf that is not parsed yet. WHETHER IT IS A CERTIFICATE IS NOT CHECKED. */
export interface LeafOctets {
  /** May share memory with others: copy what is kept. */
  readonly der: Uint8Array
  /** The SHA-256 of the octets, in base64. */
  readonly sha256Text: string
  /** The member of the question that has it, for errors. */
  readonly field: string
  /** What came with the leaf, in order. WHETHER THEY ARE CERTIFICATES, AND OF WHOM, IS NOT CHECKED. */
  readonly issuers: ReadonlyArray<Uint8Array>
}

/** Decodes the leaf of a question, from `certificate`, or else from `chain`. All of a chain has to be text of certificates. */
export const readLeafOctets = (
  { certificate, chain }: Pick<Question, "certificate" | "chain">
): Result.Result<LeafOctets, QuestionError> => {
  if (certificate === undefined) return readChain(chain ?? [])
  if (typeof certificate !== "string") return refuse("InvalidRequest", "certificate", "certificate is not a text")
  const usual = readUsualPem(certificate)
  if (usual !== undefined && usual.length <= documentLimits.certificateOctets) {
    return toLeafOctets([usual], "certificate")
  }
  return Result.flatMap(decodeAll([certificate], () => "certificate"), (all) => toLeafOctets(all, "certificate"))
}

const readChain = (texts: ReadonlyArray<string>): Result.Result<LeafOctets, QuestionError> => {
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) {
    return refuse("InvalidRequest", "chain", "chain is not a list of texts")
  }
  return texts.length === 0
    ? refuse("InvalidRequest", "chain", "chain needs at least one certificate")
    : Result.flatMap(decodeAll(texts, (index) => `chain[${index}]`), (all) => toLeafOctets(all, "chain[0]"))
}

const toLeafOctets = (
  [der, ...issuers]: ReadonlyArray<Uint8Array>,
  field: string
): Result.Result<LeafOctets, QuestionError> =>
  der === undefined
    ? refuse("MalformedPresentedCertificate", field, "there is no certificate")
    : Result.succeed({ der, sha256Text: hash("sha256", der, "base64"), field, issuers })

/** Decodes texts to DER, leaf first; a text may hold several certificates (POSH-REQ-01). */
export const decodeAll = (
  texts: ReadonlyArray<string>,
  field: (index: number) => string
): Result.Result<ReadonlyArray<Uint8Array>, QuestionError> => {
  if (texts.length > questionLimits.chain) return refuse("InvalidRequest", "chain", tooMany)
  const octets: Array<Uint8Array> = []
  for (const [index, text] of texts.entries()) {
    const decoded = parsePemOrBase64(text)
    if (Result.isFailure(decoded)) {
      return refuse("MalformedPresentedCertificate", field(index), decoded.failure.detail)
    }
    octets.push(...decoded.success)
    if (octets.length > questionLimits.chain) return refuse("InvalidRequest", field(index), tooMany)
    if (decoded.success.some(({ length }) => length > documentLimits.certificateOctets)) {
      return refuse("MalformedPresentedCertificate", field(index), "a certificate is larger than 32 KiB")
    }
  }
  return Result.succeed(octets)
}

const tooMany = `more than ${questionLimits.chain} certificates`

const refuse = (code: QuestionError["code"], field: string, detail: string) =>
  Result.fail(new QuestionError({ code, field, detail }))
