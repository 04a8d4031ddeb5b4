/**
 * What a request passes before anybody reads its body, whichever lane it takes then: who asks, and is there room?
 */
import { Effect, Layer, Result } from "effect"
import type { ServerResponse } from "node:http"
import type { AccessFault } from "../access/AccessFault.ts"
import { Callers } from "../access/Callers.ts"
import type { Caller } from "../service/Caller.ts"
import { Limits } from "../service/limits/Limits.ts"
import { makeAdmit } from "./limits/admission.ts"
import { noteAccount } from "./limits/Connections.ts"
import type { Lanes } from "./Listener.ts"
import { renderProblem, write } from "./rendered.ts"

/** Puts the gate in front of a listener's lanes. It stays there: requests still arrive while a service stops. */
export const layer = (listener: Lanes) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { identify } = yield* Callers
    const admit = makeAdmit(yield* Limits)
    listener.gate = (request, response) => {
      const caller = identify(request)
      if (Result.isFailure(caller)) return refuse(response, caller.failure)
      note(request, { caller: caller.success, response })
      noteAccount(request.socket, caller.success.account)
      const admission = admit(request, response, caller.success)
      if (admission === undefined) return true
      return admission === "ignore" ? false : refuse(response, { problem: admission })
    }
  }))

/** Who asks; of a request that passed the gate. `request` is that of Node.js, as the router's has it in `source`. */
export const callerOf = (request: object): Caller => (request as Asked)[passageKey]?.caller ?? nobody

/** With what it is answered; of a request that passed the gate. */
export const responseOf = (request: object): ServerResponse | undefined => (request as Asked)[passageKey]?.response

/** Calls back when the answer to a request is out, or will never be. */
export const onClosed = (request: object, release: () => void): void => {
  const response = responseOf(request)
  if (response === undefined || response.destroyed) return release()
  response.once("close", release)
}

const note = (request: object, passage: Passage): void => {
  ;(request as Asked)[passageKey] = passage
}

// On the request itself: a weak map would be more work for the garbage collector than all else here.
const passageKey = Symbol("passage")
interface Asked {
  [passageKey]?: Passage
}
interface Passage {
  readonly caller: Caller
  readonly response: ServerResponse
}

/** For requests that no gate has seen: they may nothing that needs a scope. */
const nobody: Caller = { name: "nobody", account: "nobody" }

const refuse = (response: ServerResponse, { headers, problem }: AccessFault): false => {
  write(response, renderProblem(problem), headers)
  return false
}
