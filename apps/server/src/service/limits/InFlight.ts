/**
 * Limits the questions in flight, in total and for one caller.
 */
export interface InFlight {
  /** True if the account may have so many more. */
  readonly fits: (account: string, questions: number) => boolean
  readonly enter: (account: string, questions: number) => void
  readonly leave: (account: string, questions: number) => void
  /** Of all accounts. */
  readonly total: () => number
}

export const makeInFlight = (all: number, one: number): InFlight => {
  const held = new Map<string, number>()
  let total = 0
  return {
    fits: (account, questions) => total + questions <= all && (held.get(account) ?? 0) + questions <= one,
    enter: (account, questions) => {
      total += questions
      held.set(account, (held.get(account) ?? 0) + questions)
    },
    leave: (account, questions) => {
      total -= questions
      const left = (held.get(account) ?? 0) - questions
      if (left <= 0) held.delete(account)
      else held.set(account, left)
    },
    total: () => total
  }
}
