/**
 * Authentication and admission, before the body is read. Both the fast lane and the router come after it.
 */
import type { Problem } from "@posh/api"
import { Effect, Result } from "effect"
import { Callers } from "../access/Callers.ts"
import { type TrustedNetworks, TrustedProxies } from "../access/forwarded/TrustedProxies.ts"
import { noteAccount } from "../connections/Connections.ts"
import { Limits } from "../service/limits/Limits.ts"
import { makeRefusedKeys, type RefusedRequest } from "../telemetry/refusedKeys.ts"
import type { Exchange, RequestStage } from "./Exchange.ts"
import { type Admit, makeAdmit } from "./limits/admission.ts"
import { renderProblem, write } from "./rendered.ts"
import { RequestFacts } from "./RequestFacts.ts"

/** Answers the requests that it refuses. */
export const makeGate: Effect.Effect<RequestStage, never, Callers | Limits> = Effect.gen(function*() {
  const { identify } = yield* Callers
  return gateOf({
    identify,
    admit: makeAdmit(yield* Limits),
    trusted: yield* TrustedProxies,
    noteRefusedKey: yield* makeRefusedKeys
  })
})

export interface GateParts {
  readonly identify: Callers["Service"]["identify"]
  readonly admit: Admit
  /** Networks of proxies whose fields name the client. */
  readonly trusted: TrustedNetworks
  readonly noteRefusedKey: (request: RefusedRequest) => void
}

export const gateOf = ({ admit, identify, noteRefusedKey, trusted }: GateParts): RequestStage => (exchange) => {
  const facts = new RequestFacts(exchange, trusted)
  exchange.facts = facts
  const caller = identify(facts)
  if (Result.isFailure(caller)) {
    const { challenge, isRefusedKey, problem } = caller.failure
    if (isRefusedKey === true) noteRefusedKey({ address: facts.address, requestId: exchange.requestId })
    return refuse(exchange, problem, challenge)
  }
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
