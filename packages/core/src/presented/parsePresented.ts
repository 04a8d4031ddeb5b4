/**
 * Parses the presented certificate of a question, or hashes of one (requirements §0.6, §3.1).
 */
import { Result } from "effect"
import { LRUCache } from "lru-cache"
import { type HashName, hashNames } from "../association/Material.ts"
import { documentLimits, questionLimits } from "../Limits.ts"
import type { Question } from "../question/Question.ts"
import { QuestionError } from "../question/QuestionError.ts"
import { parseCertificate } from "../x509/Certificate.ts"
import { parsePemOrBase64 } from "../x509/pem.ts"
import { hashForms, parseHash } from "./parseHash.ts"
import { Presented, toPresented } from "./Presented.ts"

/** Parses the one of `certificate`, `chain` and `fingerprint` that is present. Only the leaf is used (POSH-REQ-02). */
export const parsePresented = (question: Question): Result.Result<Presented, QuestionError> => {
  const { certificate, chain, fingerprint } = question
  const given = [certificate, chain, fingerprint].filter((value) => value !== undefined).length
  if (given !== 1) {
    const detail = "exactly one of certificate, chain and fingerprint is needed"
    return refuse("InvalidRequest", certificate === undefined && given > 1 ? "chain" : "certificate", detail)
  }
  if (certificate !== undefined) return readCertificate(certificate)
  if (chain !== undefined) return readChain(chain)
  return readFingerprint(fingerprint ?? {})
}

// LRU cache by text, because servers ask about the same certificates again and again. Bounded in octets too, because a
// text may have 45 KiB.
const cache = new LRUCache<string, Presented>({
  max: 4_096,
  maxSize: 16 * 1024 * 1024,
  sizeCalculation: (presented, text) => 2_048 + text.length + 2 * (presented.certificate?.der.length ?? 0)
})

const readCertificate = (text: string): Result.Result<Presented, QuestionError> => {
  if (typeof text !== "string") return refuse("InvalidRequest", "certificate", "certificate is not a text")
  const known = cache.get(text)
  if (known !== undefined) return Result.succeed(known)
  return Result.flatMap(
    decodeAll([text], () => "certificate"),
    (octets) =>
      Result.map(readLeaf(octets, "certificate"), (presented) => {
        cache.set(text, presented)
        return presented
      })
  )
}

const readChain = (texts: ReadonlyArray<string>): Result.Result<Presented, QuestionError> => {
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) {
    return refuse("InvalidRequest", "chain", "chain is not a list of texts")
  }
  return texts.length === 0
    ? refuse("InvalidRequest", "chain", "chain needs at least one certificate")
    : Result.flatMap(decodeAll(texts, (index) => `chain[${index}]`), (octets) => readLeaf(octets, "chain[0]"))
}

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

const readLeaf = (
  [leaf]: ReadonlyArray<Uint8Array>,
  field: string
): Result.Result<Presented, QuestionError> => {
  if (leaf === undefined) return refuse("MalformedPresentedCertificate", field, "there is no certificate")
  const parsed = parseCertificate(leaf)
  return Result.isFailure(parsed)
    ? refuse("MalformedPresentedCertificate", field, parsed.failure.detail)
    : Result.succeed(toPresented(parsed.success))
}

const readFingerprint = (
  fingerprint: { readonly [name: string]: string }
): Result.Result<Presented, QuestionError> => {
  if (typeof fingerprint !== "object" || fingerprint === null) {
    return refuse("InvalidRequest", "fingerprint", "fingerprint is not an object of hashes by name")
  }
  const hashes: { [K in HashName]?: Uint8Array } = {}
  const names = Object.keys(fingerprint)
  if (names.length === 0) return refuse("InvalidRequest", "fingerprint", `one of ${hashNames.join(", ")} is needed`)
  for (const name of names) {
    const known = hashNames.find((candidate) => candidate === name)
    const field = `fingerprint.${name.slice(0, 32)}`
    if (known === undefined) return refuse("InvalidRequest", field, `the hash is not one of ${hashNames.join(", ")}`)
    const text = fingerprint[name]
    if (typeof text !== "string") return refuse("InvalidRequest", field, "the value is not a text")
    const octets = parseHash(known, text)
    if (octets === undefined) return refuse("InvalidRequest", field, `the value is not ${hashForms(known)}`)
    hashes[known] = octets
  }
  return Result.succeed(new Presented(hashes))
}

const refuse = (code: QuestionError["code"], field: string, detail: string) =>
  Result.fail(new QuestionError({ code, field, detail }))
