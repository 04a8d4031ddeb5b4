/**
 * Path validation of a published chain (POSH-MAT-20…23, RFC 5280 §6.1), top down.
 *
 * The trust anchor is the last certificate of the chain, for one run only; it is never stored. So the check can only
 * veto a match.
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import type { ReadResult } from "../derReader.ts"
import { type ChainBudget, type ChainCost, makeChainBudget } from "./ChainBudget.ts"
import { readClaimedNames, readConstraints, tooMuchWork } from "./claims.ts"
import { parsePathCertificate, type PathCertificate } from "./PathCertificate.ts"
import { checkSignature, costOf, isSha1 } from "./signature.ts"
import { at, type ChainFault, type PathWork, validatePath } from "./validatePath.ts"

export interface ChainOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Accept SHA-1 signatures (A.4 V2). MD5 and older never count. */
  readonly allowSha1: boolean
}

/** The time-independent result of path validation. Plain data of some hundred octets, without keys or names. */
export interface ChainExamination {
  /** Absent if the chain is valid except for its dates. */
  readonly fault?: ChainFault
  /** The uppermost certificate with a SHA-1 signature. */
  readonly sha1?: number
  /** The latest notBefore and the earliest notAfter below the anchor. */
  readonly from: Instant
  readonly until: Instant
  readonly cost: ChainCost
}

/** An instant in milliseconds since the epoch, and the certificate that has it. */
interface Instant {
  readonly at: number
  readonly index: number
}

/**
 * Validates a chain of DER certificates, leaf first. The last one is the trust anchor.
 *
 * **Details**
 *
 * A single certificate is valid (POSH-MAT-21), because there is nothing below the anchor; it is not even parsed.
 *
 * **Gotchas**
 *
 * An anchor is an input (RFC 5280 §6.1.1): ITS VALIDITY, ITS SIGNATURE AND WHETHER IT IS SELF-SIGNED ARE NOT CHECKED.
 * The limits in its extensions apply, as RFC 5280 §6.2 allows. REVOCATION IS NOT CHECKED.
 */
export const checkChain = (chain: ReadonlyArray<Uint8Array>, options: ChainOptions): Result.Result<void, ChainFault> =>
  chain.length === 1 ? Result.void : checkExamination(examineChain(chain), options)

/**
 * Validates everything except the dates and whether SHA-1 is accepted, so that the result can be cached.
 *
 * **Details**
 *
 * Each chain has a budget of its own, so the result does not depend on other chains.
 */
export const examineChain = (
  chain: ReadonlyArray<Uint8Array>,
  parse: (der: Uint8Array) => ReadResult<PathCertificate> = parsePathCertificate
): ChainExamination => {
  const budget = makeChainBudget()
  const certificates = parseCertificates(chain, parse, budget)
  const path = Result.flatMap(certificates, (certificates) => validatePath(certificates, workWithin(budget)))
  const checked = Result.match(certificates, {
    onFailure: () => [],
    onSuccess: (certificates) => certificates.slice(0, -1)
  })
  const sha1 = checked.findLastIndex(isSha1)
  return {
    ...(Result.isFailure(path) ? { fault: path.failure } : {}),
    ...(sha1 < 0 ? {} : { sha1 }),
    from: pickInstant(checked.map(({ notBefore }) => notBefore), Math.max),
    until: pickInstant(checked.map(({ notAfter }) => notAfter), Math.min),
    cost: budget.spent()
  }
}

/** Checks the dates and SHA-1 of an examined chain, and its fault. */
export const checkExamination = (
  { fault, from, sha1, until }: ChainExamination,
  { allowSha1, now }: ChainOptions
): Result.Result<void, ChainFault> => {
  // Reports the uppermost fault, as top-down validation does.
  if (!allowSha1 && sha1 !== undefined && sha1 >= (fault?.index ?? 0)) {
    return Result.fail({ detail: "SHA-1 signatures are not accepted", index: sha1 })
  }
  if (fault !== undefined) return Result.fail(fault)
  if (now > until.at) return Result.fail({ detail: "the certificate has expired", index: until.index })
  if (now < from.at) return Result.fail({ detail: "the certificate is not valid yet", index: from.index })
  return Result.void
}

const pickInstant = (
  instants: ReadonlyArray<number>,
  choose: (...instants: ReadonlyArray<number>) => number
): Instant => {
  const at = choose(...instants)
  return { at, index: instants.lastIndexOf(at) }
}

// The budget pays for a signature of each certificate below the anchor before any is parsed.
const parseCertificates = (
  chain: ReadonlyArray<Uint8Array>,
  parse: (der: Uint8Array) => ReadResult<PathCertificate>,
  budget: ChainBudget
) =>
  Result.gen(function*() {
    if (chain.length < 2 || chain.length > documentLimits.x5c) {
      return yield* at(0, Result.fail(`a chain has 1 to ${documentLimits.x5c} certificates`))
    }
    if (!budget.spend({ signatures: chain.length - 1 })) return yield* at(0, Result.fail(tooMuchWork))
    return yield* Result.all(chain.map((der, index) => at(index, parse(der))))
  })

const workWithin = (budget: ChainBudget): PathWork => ({
  budget,
  checkSignature: (certificate, spki) =>
    budget.spend({ signatures: costOf(spki) - 1 }) // `parseCertificates` paid for one
      ? checkSignature(certificate, spki, true)
      : Result.fail(tooMuchWork),
  constraintsOf: (issuer) => readConstraints(issuer, budget),
  namesOf: (certificate) => readClaimedNames(certificate, budget)
})
