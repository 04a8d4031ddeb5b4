/**
 * What a request passes before anybody reads its body, whichever lane it takes then: who asks?
 */
import type { Problem } from "@posh/api"
import { Effect, Layer, Result } from "effect"
import type { ServerResponse } from "node:http"
import { Callers } from "../access/Callers.ts"
import type { Caller } from "../Caller.ts"
import type { Lanes } from "./Listener.ts"
import { renderProblem, write } from "./rendered.ts"

/** Why a request is turned away; `headers` are names and values by turns. */
export interface Refusal {
  readonly problem: Problem
  readonly headers?: ReadonlyArray<string>
}

/** Puts the gate in front of a listener's lanes. It stays there: requests still arrive while a service stops. */
export const layer = (listener: Lanes) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { identify } = yield* Callers
    listener.gate = (request, response) => {
      const caller = identify(request)
      if (Result.isFailure(caller)) return refuse(response, caller.failure)
      callers.set(request, caller.success)
      return true
    }
  }))

/** Who asks; of a request that passed the gate. `request` is that of Node.js, as the router's has it in `source`. */
export const callerOf = (request: object): Caller => callers.get(request) ?? nobody

const callers = new WeakMap<object, Caller>()

/** For requests that no gate has seen: they may nothing that needs a scope. */
const nobody: Caller = { name: "nobody", account: "nobody" }

const refuse = (response: ServerResponse, { headers, problem }: Refusal): false => {
  write(response, renderProblem(problem), headers)
  return false
}
