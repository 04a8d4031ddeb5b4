/**
 * How many questions are being answered, and how many may be.
 */
export interface InFlight {
  readonly count: () => number
  /** Would so many more fit? */
  readonly fits: (questions: number) => boolean
  readonly enter: () => void
  readonly leave: () => void
}

export const makeInFlight = (most: number): InFlight => {
  let count = 0
  return {
    count: () => count,
    fits: (questions) => count + questions <= most,
    enter: () => void (count += 1),
    leave: () => void (count -= 1)
  }
}
