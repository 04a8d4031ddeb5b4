/**
 * Health and metrics on a listener of their own (`POSH_OPS_PORT`): plain HTTP, whatever the main listener asks of callers.
 */
import { problem } from "@posh/api"
import { Effect, Layer } from "effect"
import { identifyOperator } from "../access/identifyOperator.ts"
import { defaultOpsHost } from "../config/Config.ts"
import { type Settings, variables } from "../config/variables.ts"
import { isOperations } from "../routes.ts"
import { callerBounds } from "../service/limits/bounds.ts"
import { logAlways } from "../telemetry/logging.ts"
import type { RequestStage } from "./Exchange.ts"
import { gateOf } from "./Gate.ts"
import { makeAdmit } from "./limits/admission.ts"
import { type ListenerOptions, makeListener } from "./listener/Listener.ts"
import { renderProblem, write } from "./rendered.ts"
import { HasOperationsListener } from "./routes/health.ts"
import { makeOperationsRoutes } from "./routes/router.ts"
import { inOrder } from "./serve.ts"
import { makeRequestCount } from "./telemetry/requests.ts"

export type OperationsSettings = Pick<Settings, "auth" | "opsHost" | "opsPort">

/** Serves as long as the layer lasts; without `POSH_OPS_PORT` there is nothing to serve. */
export const layer = (settings: OperationsSettings) => {
  const { opsHost: host = defaultOpsHost, opsPort: port } = settings
  if (port === undefined) return Layer.empty
  return Layer.effectDiscard(Effect.gen(function*() {
    const listener = yield* makeListener({ host, port, maxConnections: callerBounds.operators }, undefined, options)
    const gate = firstOf(gateOf(identifyOperator(settings), makeAdmit(unlimited)), refuseOtherPaths)
    const routes = yield* makeOperationsRoutes
    const count = yield* makeRequestCount
    yield* listener.serve(inOrder({ gate, fastLane: () => false, routes, count }))
    yield* logAlways(`health and metrics on ${listener.url}`)
  }))
}

/** Tells the routes of the main listener whether there is this one. */
export const layerPresence = ({ opsPort }: OperationsSettings) =>
  Layer.succeed(HasOperationsListener, opsPort !== undefined)

const options: ListenerOptions = {
  variables: `${variables.opsHost.name}, ${variables.opsPort.name}`,
  // Everything here is answered at once, and the time to stop is wanted for callers.
  drainTime: "1 second"
}

/** Nothing here is a question, and probes are never shed. */
const unlimited: Parameters<typeof makeAdmit>[0] = { inFlight: { fits: () => true } }

const firstOf = (...stages: ReadonlyArray<RequestStage>): RequestStage => (exchange) =>
  stages.some((stage) => stage(exchange))

const refuseOtherPaths: RequestStage = ({ request, response }) => {
  if (isOperations(request.url ?? "")) return false
  write(response, renderProblem(problem("NotFound", "Here are /health/live, /health/ready and /metrics alone.")))
  return true
}
