/**
 * Serves HTTP: the stages of a request, in order.
 */
import { messageProblem, problem } from "@posh/api"
import { Effect, Layer } from "effect"
import type { Exchange, RequestHandler, RequestStage } from "./Exchange.ts"
import { makeFastLane } from "./fastLane.ts"
import { makeGate } from "./Gate.ts"
import { Listener } from "./listener/Listener.ts"
import { messageFault } from "./messageFault.ts"
import { renderProblem, write } from "./rendered.ts"
import { makeRoutes } from "./routes/router.ts"
import { makeRefusalLog } from "./telemetry/refusals.ts"
import { makeRequestCount, type RequestCount } from "./telemetry/requests.ts"

export interface RequestStages {
  readonly gate: RequestStage
  readonly fastLane: RequestStage
  readonly routes: RequestHandler
  readonly count: RequestCount
}

/** Serves until the layer closes. The gate lives as long: requests still arrive while the listener closes. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const { serve } = yield* Listener
  const count = both(yield* makeRequestCount, yield* makeRefusalLog)
  const gate = yield* makeGate
  const fastLane = yield* makeFastLane(count.atOnce)
  const routes = yield* makeRoutes
  yield* serve(inOrder({ gate, fastLane, routes, count }))
}))

const both = (first: RequestCount, second: RequestCount): RequestCount => ({
  atEnd: (exchange) => {
    first.atEnd(exchange)
    second.atEnd(exchange)
  },
  atOnce: (exchange) => {
    first.atOnce(exchange)
    second.atOnce(exchange)
  }
})

export const inOrder = ({ count, fastLane, gate, routes }: RequestStages): RequestHandler => (exchange) => {
  if (refuseMalformed(exchange) || gate(exchange)) return count.atEnd(exchange)
  if (fastLane(exchange)) return // it counts by itself: a listener for the end of each response would be expensive
  count.atEnd(exchange)
  if (exchange.expectation === "other") return refuseExpectation(exchange)
  routes(exchange)
}

const refuseMalformed: RequestStage = ({ request, response }) => {
  const fault = messageFault(request)
  if (fault === undefined) return false
  response.shouldKeepAlive = false
  write(response, renderProblem(problem("InvalidRequest", fault)))
  return true
}

/** RFC 9110 §10.1.1: only `100-continue` is supported. */
const refuseExpectation = ({ response }: Exchange): void => {
  response.shouldKeepAlive = false
  write(response, renderProblem(messageProblem(417, "Only the expectation 100-continue is supported.")))
}
