/**
 * What checking chains may cost. Who publishes a chain decides how much work is in it.
 */
import { chainLimits } from "../../Limits.ts"

/** What is counted of a chain; the same whenever, and beside whatever, it is checked. */
export interface ChainCost {
  /** Of keys up to P-384 and RSA of 4,096 bits; larger ones count as several. */
  readonly signatures: number
  /** Names and name constraints that are read. */
  readonly names: number
  /** Names × constraints. */
  readonly constraintComparisons: number
}

export interface ChainBudget {
  /** Takes so much of what is left. Once that is not enough, nothing more is given. */
  readonly spend: (cost: Partial<ChainCost>) => boolean
  /** Would so much be given? */
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
