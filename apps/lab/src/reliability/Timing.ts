/** The timing of a scenario, and its outcome. */
import type { Pace } from "./load.ts"
import type { Summary } from "./Tally.ts"

export interface Timing extends Pace {
  /** Milliseconds before the failure, and from the failure to the repair. */
  readonly beforeMs: number
  readonly duringMs: number
  /** Milliseconds after recovery for pending purges to reach all replicas, and after that. */
  readonly propagationMs: number
  readonly afterMs: number
  /** Maximum of milliseconds for recovery. */
  readonly recoveryMs: number
}

export interface Outcome extends Summary {
  /** From the repair, or from the failure if nothing is repaired, until recovery. */
  readonly recoveredMs: number
  /** Entries in Redis that disagree with the index at the end. */
  readonly disagreements: ReadonlyArray<string>
  /** Other faults. */
  readonly faults: ReadonlyArray<string>
}
