/**
 * Who asks by a call, and whether that caller may call its method: asked when it begins, and anew at each question of a stream, which
 * may last for longer than a key or a certificate holds.
 */
import { Effect, Result } from "effect"
import { Callers } from "../../access/Callers.ts"
import { TrustedProxies } from "../../access/forwarded/TrustedProxies.ts"
import { scopeOfMethod } from "../../methods.ts"
import { permit } from "../../service/Caller.ts"
import { overloaded } from "../../service/limits/refusals.ts"
import { makeRefusedKeys } from "../../telemetry/refusedKeys.ts"
import type { AdmissionFault, Call } from "./Call.ts"
import { CallFacts } from "./CallFacts.ts"

/** Sets the caller of the call. `undefined`: it may go on. */
export type IdentifyCall = (call: Call) => AdmissionFault | undefined

export const makeIdentifyCall: Effect.Effect<IdentifyCall, never, Callers> = Effect.gen(function*() {
  const { identify } = yield* Callers
  const trusted = yield* TrustedProxies
  const noteRefusedKey = yield* makeRefusedKeys
  return (call) => {
    const socket = call.stream.session?.socket
    if (socket === undefined) return gone
    if (call.isOutdated) return outdated
    const facts = new CallFacts(call, socket, trusted)
    const caller = identify(facts)
    call.address = facts.address
    if (Result.isFailure(caller)) {
      if (caller.failure.isRefusedKey === true) noteRefusedKey(call)
      return caller.failure
    }
    call.caller = { ...caller.success, transport: "grpc" }
    const needed = scopeOfMethod(call.method)
    if (needed === undefined) return undefined
    const permitted = permit(caller.success, needed)
    return Result.isFailure(permitted) ? { problem: permitted.failure } : undefined
  }
})

/** Nobody reads it. */
const gone: AdmissionFault = { problem: overloaded("The connection is closed.") }

const outdated: AdmissionFault = { problem: overloaded("The CA of clients has changed: connect anew.") }
