/** How a scenario runs, and what came of it. */
import type { Pace } from "./load.ts"
import type { Summary } from "./Tally.ts"

export interface Timing extends Pace {
  /** Milliseconds before the break, and until it is mended. */
  readonly beforeMs: number
  readonly duringMs: number
  /** Milliseconds for purges that Redis could not take to reach everybody, when all is well again; and for a while after. */
  readonly propagationMs: number
  readonly afterMs: number
  /** Milliseconds that getting well may take. */
  readonly recoveryMs: number
}

export interface Outcome extends Summary {
  /** From the mending, or from the break where nothing is mended, until everything is well again. */
  readonly recoveredMs: number
  /** What in Redis disagrees with its index in the end. */
  readonly disagreements: ReadonlyArray<string>
  /** What else is wrong. */
  readonly faults: ReadonlyArray<string>
}
