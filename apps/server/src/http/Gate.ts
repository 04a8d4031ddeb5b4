/**
 * What a request passes before anybody reads its body, whichever lane it takes then: who asks, and is there room?
 */
import type { Problem } from "@posh/api"
import { Effect, Result } from "effect"
import { Callers } from "../access/Callers.ts"
import { Limits } from "../service/limits/Limits.ts"
import type { Exchange, RequestStage } from "./Exchange.ts"
import { type Admit, makeAdmit } from "./limits/admission.ts"
import { noteAccount } from "./limits/Connections.ts"
import { renderProblem, write } from "./rendered.ts"
import { RequestFacts } from "./RequestFacts.ts"

/** Takes the requests that may not go on, and says why. */
export const makeGate: Effect.Effect<RequestStage, never, Callers | Limits> = Effect.gen(function*() {
  const { identify } = yield* Callers
  return gateOf(identify, makeAdmit(yield* Limits))
})

/** The gate of those whom `identify` knows and `admit` lets in. */
export const gateOf = (identify: Callers["Service"]["identify"], admit: Admit): RequestStage => (exchange) => {
  const caller = identify(new RequestFacts(exchange.request))
  if (Result.isFailure(caller)) return refuse(exchange, caller.failure.problem, caller.failure.challenge)
  exchange.caller = caller.success
  noteAccount(exchange.request.socket, caller.success.account)
  const admission = admit(exchange)
  if (admission === undefined) return false
  return admission === "ignore" ? true : refuse(exchange, admission)
}

const refuse = ({ response }: Exchange, problem: Problem, challenge?: string): true => {
  write(response, renderProblem(problem), challenge === undefined ? [] : ["www-authenticate", challenge])
  return true
}
