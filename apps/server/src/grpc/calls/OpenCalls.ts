/**
 * Limits open calls, in total and of one caller: each holds memory for as long as it is open.
 */
import { callerBounds } from "../../service/limits/bounds.ts"
import { type InFlight, makeInFlight } from "../../service/limits/InFlight.ts"
import type { Call } from "./Call.ts"
import { callLimits } from "./limits.ts"

/**
 * What needs no key must not take the places of what does: `probes`, of health, and `watches`, which are streams of health and
 * reflection. Strangers may keep those open, so that probes have places of their own.
 */
export type CallKind = "questions" | "streams" | "probes" | "watches"

export interface OpenCalls {
  /** Takes a place until the call ends; false if there is none. */
  readonly hold: (call: Call, kind: CallKind) => boolean
}

export const makeOpenCalls = (questions: number): OpenCalls => {
  const places: Readonly<Record<CallKind, InFlight>> = {
    questions: within(questions),
    streams: within(callLimits.openStreams),
    probes: within(callerBounds.operators),
    watches: within(callerBounds.operators)
  }
  return {
    hold: ({ caller: { account }, stream }, kind) => {
      const { enter, fits, leave } = places[kind]
      if (!fits(account, 1)) return false
      enter(account, 1)
      if (stream.destroyed) leave(account, 1)
      else stream.once("close", () => leave(account, 1))
      return true
    }
  }
}

const within = (all: number): InFlight => makeInFlight(all, Math.ceil(all * callerBounds.shareOfOne))
