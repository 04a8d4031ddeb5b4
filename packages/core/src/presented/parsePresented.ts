/**
 * Parses the presented certificate of a question, or hashes of one (requirements §0.6, §3.1).
 */
import { Result } from "effect"
import { type HashName, hashNames } from "../association/Material.ts"
import { ownOctets } from "../encoding/own.ts"
import type { Question } from "../question/Question.ts"
import { QuestionError } from "../question/QuestionError.ts"
import { parseCertificate } from "../x509/Certificate.ts"
import { type LeafOctets, readLeafOctets } from "./leafOctets.ts"
import { hashForms, parseHash } from "./parseHash.ts"
import { Presented, toPresented } from "./Presented.ts"

/**
 * Parses the one of `certificate`, `chain` and `fingerprint` that is present. POSH uses the leaf alone (POSH-REQ-02);
 * `keepsIssuers`: a path may lead over the others (POSH-PRF-01).
 */
export const parsePresented = (
  question: Question,
  keepsIssuers = false
): Result.Result<Presented, QuestionError> => {
  const { certificate, chain, fingerprint } = question
  const given = [certificate, chain, fingerprint].filter((value) => value !== undefined).length
  if (given !== 1) {
    const detail = "exactly one of certificate, chain and fingerprint is needed"
    return refuse("InvalidRequest", certificate === undefined && given > 1 ? "chain" : "certificate", detail)
  }
  const present = keepsIssuers ? presentChain : presentLeaf
  if (certificate !== undefined) return Result.flatMap(readLeafOctets({ certificate }), present)
  if (chain !== undefined) return Result.flatMap(readLeafOctets({ chain }), present)
  return readFingerprint(fingerprint ?? {})
}

/**
 * Parses a leaf and presents it. Keeps a copy of its octets: who keeps a question must not keep the slab of memory that a short
 * buffer is a view of.
 */
export const presentLeaf = ({ der, field, sha256Text }: LeafOctets): Result.Result<Presented, QuestionError> =>
  present(der, field, sha256Text, noIssuers)

const presentChain = ({ der, field, issuers, sha256Text }: LeafOctets): Result.Result<Presented, QuestionError> =>
  present(der, field, sha256Text, issuers.map(ownOctets))

const noIssuers: ReadonlyArray<Uint8Array> = []

const present = (
  der: Uint8Array,
  field: string,
  sha256Text: string,
  issuers: ReadonlyArray<Uint8Array>
): Result.Result<Presented, QuestionError> => {
  const parsed = parseCertificate(ownOctets(der))
  return Result.isFailure(parsed)
    ? refuse("MalformedPresentedCertificate", field, parsed.failure.detail)
    : Result.succeed(toPresented(parsed.success, sha256Text, issuers))
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
