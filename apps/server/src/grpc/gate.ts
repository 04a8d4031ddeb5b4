/**
 * Authentication, authorisation and admission of a call, before its body is read.
 */
import type { HandlerContext } from "@connectrpc/connect"
import { Effect } from "effect"
import type { Callers } from "../access/Callers.ts"
import { scopeOfMethod } from "../methods.ts"
import { Limits } from "../service/limits/Limits.ts"
import { full } from "../service/limits/refusals.ts"
import { requestIdHeader } from "../telemetry/requestId.ts"
import { type AdmissionFault, type Call, callOf } from "./calls/Call.ts"
import { type IdentifyCall, makeIdentifyCall } from "./calls/identifyCall.ts"
import { makeOpenCalls, type OpenCalls } from "./calls/OpenCalls.ts"
import { refuse } from "./calls/refuse.ts"

/** Refuses a call by a rejected promise. */
export type Gate = (context: HandlerContext) => Promise<void>

/** `undefined`: admitted. Decided once for each call. */
export type AdmitCall = (call: Call) => AdmissionFault | undefined

export const gateOf = (admit: AdmitCall): Gate => (context) => {
  const call = callOf(context)
  context.responseHeader.set(requestIdHeader, call.requestId)
  context.responseHeader.set("cache-control", "no-store")
  const fault = admit(call)
  if (fault === undefined) return Promise.resolve()
  if (fault.challenge !== undefined) context.responseHeader.set("www-authenticate", fault.challenge)
  return Promise.reject<void>(refuse(call, fault.problem))
}

/** `maxCalls`: open calls with one question each. */
export const makeAdmit = (maxCalls: number): Effect.Effect<AdmitCall, never, Callers | Limits> =>
  Effect.gen(function*() {
    const { inFlight } = yield* Limits
    const decide = admitBy({
      identify: yield* makeIdentifyCall,
      inFlight,
      calls: makeOpenCalls(maxCalls)
    })
    return (call) => (call.admission ??= { fault: decide(call) }).fault
  })

interface GateParts {
  readonly identify: IdentifyCall
  readonly inFlight: Pick<Limits["Service"]["inFlight"], "fits">
  readonly calls: OpenCalls
}

const admitBy = ({ calls, identify, inFlight }: GateParts) => (call: Call): AdmissionFault | undefined => {
  const fault = identify(call)
  if (fault !== undefined) return fault
  if (scopeOfMethod(call.method) === undefined) {
    return calls.hold(call, call.isStream ? "watches" : "probes") ? undefined : { problem: full() }
  }
  return inFlight.fits(call.caller.account, 1) && calls.hold(call, call.isStream ? "streams" : "questions")
    ? undefined
    : { problem: full() }
}
