/**
 * The operations listener (`POSH_OPS_PORT`): health and metrics over plain HTTP, without authentication.
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

/** Serves while the layer exists; empty without `POSH_OPS_PORT`. */
export const layer = (settings: OperationsSettings) => {
  const { opsHost: host = defaultOpsHost, opsPort: port } = settings
  if (port === undefined) return Layer.empty
  return Layer.effectDiscard(Effect.gen(function*() {
    const listener = yield* makeListener({ host, port, maxConnections: callerBounds.operators }, undefined, options)
    const identify = identifyOperator(settings)
    const gate = firstOf(
      gateOf({ identify, admit: makeAdmit(unlimited), trusted: [], noteRefusedKey: () => {} }),
      refuseOtherPaths
    )
    const routes = yield* makeOperationsRoutes
    const count = yield* makeRequestCount
    yield* listener.serve(inOrder({ gate, fastLane: () => false, routes, count }))
    yield* logAlways(`health and metrics on ${listener.url}`)
  }))
}

/** Whether there is one: then the main listener serves no metrics. */
export const layerPresence = ({ opsPort }: OperationsSettings) =>
  Layer.succeed(HasOperationsListener, opsPort !== undefined)

const options: ListenerOptions = {
  variables: `${variables.opsHost.name}, ${variables.opsPort.name}`,
  // All of its requests are fast, and callers have had their drain time before.
  drainTime: "1 second"
}

/** Probes are never shed. */
const unlimited: Parameters<typeof makeAdmit>[0] = { inFlight: { fits: () => true } }

const firstOf = (...stages: ReadonlyArray<RequestStage>): RequestStage => (exchange) =>
  stages.some((stage) => stage(exchange))

const refuseOtherPaths: RequestStage = ({ request, response }) => {
  if (isOperations(request.url ?? "")) return false
  write(response, renderProblem(problem("NotFound", "Here are /health/live, /health/ready and /metrics alone.")))
  return true
}
