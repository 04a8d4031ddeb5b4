/**
 * Authentication, authorisation and admission of a call, before its body is read.
 */
import type { HandlerContext } from "@connectrpc/connect"
import { Effect, Result } from "effect"
import { Callers } from "../access/Callers.ts"
import { type TrustedNetworks, TrustedProxies } from "../access/forwarded/TrustedProxies.ts"
import { scopeOfMethod } from "../methods.ts"
import { permit } from "../service/Caller.ts"
import { Limits } from "../service/limits/Limits.ts"
import { full, overloaded } from "../service/limits/refusals.ts"
import { makeRefusedKeys, type RefusedRequest } from "../telemetry/refusedKeys.ts"
import { requestIdHeader } from "../telemetry/requestId.ts"
import { type AdmissionFault, type Call, callOf } from "./calls/Call.ts"
import { CallFacts } from "./calls/CallFacts.ts"
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
      identify: (yield* Callers).identify,
      inFlight,
      calls: makeOpenCalls(maxCalls),
      trusted: yield* TrustedProxies,
      noteRefusedKey: yield* makeRefusedKeys
    })
    return (call) => (call.admission ??= { fault: decide(call) }).fault
  })

interface GateParts {
  readonly identify: Callers["Service"]["identify"]
  readonly inFlight: Pick<Limits["Service"]["inFlight"], "fits">
  readonly calls: OpenCalls
  readonly trusted: TrustedNetworks
  readonly noteRefusedKey: (request: RefusedRequest) => void
}

/** Nobody reads it. */
const gone = overloaded("The connection is closed.")

const admitBy =
  ({ calls, identify, inFlight, noteRefusedKey, trusted }: GateParts) => (call: Call): AdmissionFault | undefined => {
    const socket = call.stream.session?.socket
    if (socket === undefined) return { problem: gone }
    const facts = new CallFacts(call, socket, trusted)
    const caller = identify(facts)
    call.address = facts.address
    if (Result.isFailure(caller)) {
      if (caller.failure.isRefusedKey === true) noteRefusedKey(call)
      return caller.failure
    }
    call.caller = { ...caller.success, transport: "grpc" }
    const needed = scopeOfMethod(call.method)
    if (needed === undefined) return calls.hold(call, "operators") ? undefined : { problem: full() }
    const permitted = permit(caller.success, needed)
    if (Result.isFailure(permitted)) return { problem: permitted.failure }
    return inFlight.fits(caller.success.account, 1) && calls.hold(call, call.isStream ? "streams" : "questions")
      ? undefined
      : { problem: full() }
  }
