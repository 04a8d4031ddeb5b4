/**
 * What checking chains may cost. Who publishes a chain decides how much work is in it.
 */
import { chainLimits } from "../Limits.ts"

type Spent = "signatures" | "constraintComparisons"

export interface ChainBudget {
  /** Takes so much of what is left; says no, and takes nothing, where that is less. */
  readonly spend: (what: Spent, amount: number) => boolean
}

export const makeChainBudget = (): ChainBudget => {
  const left: Record<Spent, number> = {
    signatures: chainLimits.signatures,
    constraintComparisons: chainLimits.constraintComparisons
  }
  return {
    spend: (what, amount) => {
      if (amount > left[what]) return false
      left[what] -= amount
      return true
    }
  }
}
