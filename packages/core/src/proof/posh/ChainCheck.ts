/**
 * The optional chain check of a question (requirements §3.3). It can veto a match, never make one.
 */
import { Result } from "effect"
import { LRUCache } from "lru-cache"
import type { JwkEntry } from "../../association/Material.ts"
import { chainLimits } from "../../Limits.ts"
import { digest } from "../../presented/Presented.ts"
import type { ChainCheckMode } from "../../question/Question.ts"
import { type ChainExamination, type ChainOptions, checkExamination, examineChain } from "../../x509/chain/Chain.ts"
import { makeChainBudget } from "../../x509/chain/ChainBudget.ts"
import { tooMuchWork } from "../../x509/chain/claims.ts"
import { parsePathCertificate } from "../../x509/chain/PathCertificate.ts"
import type { ChainFault } from "../../x509/chain/validatePath.ts"

export interface ChainCheck {
  /** Whether the entry may match. */
  readonly admits: (entry: JwkEntry) => boolean
  /** Why the entry's chain is invalid; `undefined` if it is valid, or if the check is off. */
  readonly faultOf: (entry: JwkEntry) => string | undefined
}

const noCheck: ChainCheck = { admits: () => true, faultOf: () => undefined }

/** Makes the check of one question. Validates a chain when the matcher needs it, once; one budget for all chains. */
export const makeChainCheck = (mode: ChainCheckMode, options: ChainOptions): ChainCheck => {
  if (mode === "off") return noCheck
  const validate = makeChainValidator()
  const faults = new Map<JwkEntry, string | undefined>()
  const faultOf = (entry: JwkEntry) => {
    if (!faults.has(entry)) {
      const checked = validate(entry, options)
      const fault = checked === undefined ? tooMuchWork : Result.isFailure(checked) ? checked.failure.detail : undefined
      faults.set(entry, fault)
    }
    return faults.get(entry)
  }
  return { admits: (entry) => mode === "report" || faultOf(entry) === undefined, faultOf }
}

/** Validates the chain of an entry; `undefined` if the budget did not suffice. */
type ChainValidator = (entry: JwkEntry, options: ChainOptions) => Result.Result<void, ChainFault> | undefined

/**
 * Memo of examinations by digest of the chain. It holds results only: no trust anchor outlives its run (POSH-MAT-23).
 * An examination does not depend on time, so the memo changes no answer.
 */
const examinations = new LRUCache<string, ChainExamination>({ max: chainLimits.examinations })

/**
 * Makes a validator of chains with one budget.
 *
 * **Details**
 *
 * Charges the full cost of a chain even if the memo has it: otherwise earlier questions would decide which chains fit
 * into the budget. Once the budget is spent, the validator reads no further chain and returns `undefined`, WHICH DOES
 * NOT MEAN VALID.
 */
export const makeChainValidator = (): ChainValidator => {
  const budget = makeChainBudget()
  // Entries of one document often share their issuers.
  const parse = memoizeBy(digestOf, parsePathCertificate)
  const examine = ({ chain }: JwkEntry) => {
    const id = chain.map(digestOf).join()
    const known = examinations.get(id) ?? examineChain(chain, parse)
    examinations.set(id, known)
    return known
  }
  return (entry, options) => {
    if (entry.chain.length === 1) return Result.void // POSH-MAT-21
    const least = { signatures: entry.chain.length - 1 }
    const examination = budget.allows(least) ? examine(entry) : undefined
    return budget.spend(examination?.cost ?? least) && examination !== undefined
      ? checkExamination(examination, options)
      : undefined
  }
}

const digestOf = (der: Uint8Array): string => Buffer.from(digest("sha-256", der)).toString("base64")

const memoizeBy = <A, B>(key: (input: A) => string, make: (input: A) => B): (input: A) => B => {
  const known = new Map<string, B>()
  return (input) => {
    const id = key(input)
    const made = known.get(id) ?? make(input)
    known.set(id, made)
    return made
  }
}
