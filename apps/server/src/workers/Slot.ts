/**
 * The place of a worker: what its parent knows of the process that has it now.
 */
import { Deferred, Exit } from "effect"
import type { State } from "../service/Readiness.ts"
import type { Counts, Gauges } from "../telemetry/samples.ts"
import type { ToParent } from "./messages.ts"
import type { WorkerProcess } from "./WorkerProcess.ts"

export interface Slot {
  /** From 1; a process that takes the place of another has its number. */
  readonly worker: number
  process: WorkerProcess | undefined
  /** As last reported. */
  state: State
  /** Milliseconds of the monotonic clock; `undefined` until the process is ready. */
  readyAt: number | undefined
  /** Of a configuration that the process cannot start with. */
  fault: string | undefined
  /** Polls in a row that found the one before unanswered. Counted, so that a pause of the whole machine is no silence. */
  silent: number
  isPolled: boolean
  wasKilled: boolean
  /** The last ones. */
  counts: Counts | undefined
  /** Who waits for gauges. */
  wanted: Deferred.Deferred<Gauges> | undefined
  /** Processes in a row that ended before they were ready, and those that did not run for long. */
  failedStarts: number
  failures: number
}

const unstarted = {
  process: undefined,
  state: "starting",
  readyAt: undefined,
  fault: undefined,
  silent: 0,
  isPolled: false,
  wasKilled: false,
  counts: undefined,
  wanted: undefined
} as const satisfies Partial<Slot>

export const makeSlot = (worker: number): Slot => ({ worker, ...unstarted, failedStarts: 0, failures: 0 })

/** Another process takes the place. */
export const occupy = (slot: Slot, process: WorkerProcess): void => void Object.assign(slot, unstarted, { process })

/** Nobody has the place. */
export const vacate = (slot: Slot): void => void Object.assign(slot, unstarted)

/** The process has answered a poll. */
export const noteReport = (slot: Slot, { counts, gauges, state }: ToParent & { readonly _tag: "Report" }): void => {
  Object.assign(slot, { state, isPolled: false, silent: 0, counts: counts ?? slot.counts })
  if (gauges === undefined || slot.wanted === undefined) return
  Deferred.doneUnsafe(slot.wanted, Exit.succeed(gauges))
  slot.wanted = undefined
}
