/**
 * The states of workers → the state of the service. Pure.
 */
import { isServing, type State } from "../service/Readiness.ts"

/** `undefined`: the worker does not respond, or there is no process. */
export const overallState = (isStopping: boolean, workers: ReadonlyArray<State | undefined>): State => {
  if (isStopping) return "stopping"
  if (workers.every((state) => state === "ready")) return "ready"
  return workers.some((state) => state !== undefined && isServing(state)) ? "degraded" : "starting"
}
