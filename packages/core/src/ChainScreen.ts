/**
 * Is there a path, where the question asks for one? (requirements §3.3) The check can veto a match, never make one.
 */
import { Result } from "effect"
import { checkChain } from "./Chain.ts"
import { makeChainBudget } from "./chain/ChainBudget.ts"
import type { JwkEntry } from "./Material.ts"
import type { ChainCheckMode } from "./Question.ts"

export interface ChainScreen {
  /** May the entry match? */
  readonly admits: (entry: JwkEntry) => boolean
  /** Why the entry's chain does not validate; absent where it does, or where nobody asked. */
  readonly faultOf: (entry: JwkEntry) => string | undefined
}

const unasked: ChainScreen = { admits: () => true, faultOf: () => undefined }

/**
 * Chains are validated when an entry is looked at, one run for each, on one budget for all; no anchor outlives its run
 * (POSH-MAT-23).
 */
export const screenChains = (
  mode: ChainCheckMode,
  options: { readonly now: number; readonly allowSha1: boolean }
): ChainScreen => {
  if (mode === "off") return unasked
  const budget = makeChainBudget()
  const faults = new Map<JwkEntry, string | undefined>()
  const faultOf = (entry: JwkEntry) => {
    if (!faults.has(entry)) {
      const checked = checkChain(entry.chain, { ...options, budget })
      faults.set(entry, Result.isFailure(checked) ? checked.failure.detail : undefined)
    }
    return faults.get(entry)
  }
  return { admits: (entry) => mode === "report" || faultOf(entry) === undefined, faultOf }
}
