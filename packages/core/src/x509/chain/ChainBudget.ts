/**
 * The budget of the chain check: a chain is untrusted input, and its publisher decides how expensive it is.
 */
import { chainLimits } from "../../Limits.ts"

/** The cost of a chain. It depends only on the chain. */
export interface ChainCost {
  /** Signature checks, with keys up to P-384 and RSA of 4,096 bits; larger keys count as several. */
  readonly signatures: number
  /** Names and name constraints that are read. */
  readonly names: number
  /** Names × constraints. */
  readonly constraintComparisons: number
}

export interface ChainBudget {
  /** Takes a cost from the rest. Returns false if the rest does not suffice; from then on always. */
  readonly spend: (cost: Partial<ChainCost>) => boolean
  /** Whether the rest suffices; takes nothing. */
  readonly allows: (cost: Partial<ChainCost>) => boolean
  readonly spent: () => ChainCost
}

export const makeChainBudget = (limits: ChainCost = chainLimits): ChainBudget => {
  const spent = { signatures: 0, names: 0, constraintComparisons: 0 }
  const state = { exhausted: false }
  const allows = (cost: Partial<ChainCost>) =>
    !state.exhausted && kinds.every((kind) => spent[kind] + (cost[kind] ?? 0) <= limits[kind])
  return {
    allows,
    spend: (cost) => {
      state.exhausted = !allows(cost)
      if (state.exhausted) return false
      for (const kind of kinds) spent[kind] += cost[kind] ?? 0
      return true
    },
    spent: () => ({ ...spent })
  }
}

const kinds = ["signatures", "names", "constraintComparisons"] as const
