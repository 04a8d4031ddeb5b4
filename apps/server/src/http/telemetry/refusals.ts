/**
 * A debug line for each refusal. NOT ABOVE DEBUG: anybody who reaches the port can cause one.
 */
import type { AnyProblem } from "@posh/api"
import { Effect, References } from "effect"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { clientOf } from "../../connections/Connection.ts"
import { routeNameOf } from "../../routes.ts"
import { logsDebug } from "../../telemetry/logging.ts"
import type { Exchange } from "../Exchange.ts"

export interface RefusalLog {
  /** Logs when the response ends, if it is a problem. */
  readonly atEnd: (exchange: Exchange) => void
  /** Logs now, if the response is a problem. */
  readonly atOnce: (exchange: Exchange) => void
  /** Logs a message that no handler sees; `undefined` if nothing was refused. */
  readonly message: (problem: AnyProblem | undefined, socket: Duplex) => void
}

export const makeRefusalLog: Effect.Effect<RefusalLog> = Effect.gen(function*() {
  if (!logsDebug(yield* References.MinimumLogLevel)) return silent
  const runFork = Effect.runForkWith(yield* Effect.context())
  const log = ({ code, detail, field, status }: AnyProblem, facts: object) =>
    void runFork(
      Effect.logDebug("refused").pipe(
        Effect.annotateLogs({ ...facts, status, code, detail, ...(field === undefined ? {} : { field }) })
      )
    )
  const atOnce = ({ caller, facts, problem, request, requestId }: Exchange) => {
    if (problem === undefined) return
    log(problem, {
      request: requestId,
      route: routeNameOf(request.method, request.url),
      caller: caller.name,
      address: facts?.address ?? clientOf(request.socket)
    })
  }
  return {
    atEnd: (exchange) => void exchange.response.once("close", () => atOnce(exchange)),
    atOnce,
    message: (problem, socket) => {
      if (problem !== undefined) log(problem, { address: clientOf(socket as Socket) })
    }
  }
})

const silent: RefusalLog = { atEnd: () => undefined, atOnce: () => undefined, message: () => undefined }
