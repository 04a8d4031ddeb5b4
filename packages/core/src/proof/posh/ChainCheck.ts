/**
 * Is there a path, where the question asks for one? (requirements §3.3) The check can veto a match, never make one.
 */
import { Result } from "effect"
import { LRUCache } from "lru-cache"
import type { JwkEntry } from "../../association/Material.ts"
import { chainLimits } from "../../Limits.ts"
import { digest } from "../../presented/Presented.ts"
import type { ChainCheckMode } from "../../question/Question.ts"
import {
  type ChainExamination,
  type ChainFault,
  type ChainOptions,
  checkExamination,
  examineChain,
  tooMuchWork
} from "../../x509/chain/Chain.ts"
import { makeChainBudget } from "../../x509/chain/ChainBudget.ts"
import { parsePathCertificate } from "../../x509/chain/PathCertificate.ts"

export interface ChainCheck {
  /** May the entry match? */
  readonly admits: (entry: JwkEntry) => boolean
  /** Why the entry's chain does not validate; absent where it does, or where nobody asked. */
  readonly faultOf: (entry: JwkEntry) => string | undefined
}

const noCheck: ChainCheck = { admits: () => true, faultOf: () => undefined }

/** Chains are validated when an entry is looked at, one run for each, on one budget for all. */
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

/** Judges the chain of an entry; `undefined` where it was not looked at. */
type ChainValidator = (entry: JwkEntry, options: ChainOptions) => Result.Result<void, ChainFault> | undefined

/**
 * Outcomes by the digest of a chain's octets: the outcome alone, no anchor outlives its run (POSH-MAT-23). It is what an
 * examination gives at any time, so that remembering it changes no answer.
 */
const examinations = new LRUCache<string, ChainExamination>({ max: chainLimits.examinations })

/**
 * Judges the chains of entries, one after the other, on one budget.
 *
 * **Details**
 *
 * The budget is charged with what a chain costs, also where that was paid long ago: else the order in which questions come
 * would decide which chains are looked at. Once it is spent, no further chain is read, and nothing is said of it: NOT LOOKED
 * AT IS NOT VALID.
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
