/**
 * Metrics of calls: count, duration and problems; and a debug line for each refusal. NOT ABOVE DEBUG: anybody who reaches the port can
 * cause one.
 */
import type { ProblemCode } from "@posh/api"
import { Effect, Option, References } from "effect"
import { methods, statusNames } from "../../methods.ts"
import { cellsBy, increment } from "../../telemetry/counting.ts"
import { type CloseReason, closeReasons } from "../../telemetry/grpcCatalogue.ts"
import { problemCodes } from "../../telemetry/labels.ts"
import { logsDebug } from "../../telemetry/logging.ts"
import { Metrics } from "../../telemetry/Metrics.ts"
import type { Call } from "../calls/Call.ts"
import { statusCodes } from "../statuses.ts"

/** Counts a call that has ended. */
export type CallCount = (call: Call) => void

export const makeCallCount: Effect.Effect<CallCount> = Effect.gen(function*() {
  const count = Option.match(yield* Effect.serviceOption(Metrics), { onNone: () => () => undefined, onSome: countIn })
  const isLogged = logsDebug(yield* References.MinimumLogLevel)
  const runFork = Effect.runForkWith(yield* Effect.context())
  return (call) => {
    count(call, statusOf(call))
    const { address, caller, method, problem, requestId } = call
    if (!isLogged || problem === undefined) return
    const facts = { request: requestId, method, caller: caller.name, address, code: problem }
    runFork(Effect.logDebug("refused").pipe(Effect.annotateLogs(facts)))
  }
})

type StatusName = typeof statusNames[number]

/** A call that ended without a status was cut, by its caller or by the end of the service. */
const statusOf = ({ isReset, problem, status, stream }: Call): StatusName => {
  if (isReset) return "RESOURCE_EXHAUSTED"
  if (problem !== undefined) return statusNames[statusCodes[problem]] ?? "UNKNOWN"
  if (!stream.writableFinished) return "CANCELLED"
  return statusNames[Number(status ?? 0)] ?? "UNKNOWN"
}

/** Counts what limits have closed. */
export const makeCloseCount: Effect.Effect<(reason: CloseReason) => void> = Effect.map(
  Effect.serviceOption(Metrics),
  Option.match({
    onNone: () => () => undefined,
    onSome: (metrics) => {
      const reasons = cellsBy<CloseReason>(metrics, "posh_grpc_closed_total", "reason", closeReasons)
      return (reason: CloseReason) => increment(reasons.get(reason))
    }
  })
)

function countIn(metrics: Metrics["Service"]) {
  const counts = new Map(methods.map((method) => [method, {
    statuses: cellsBy<StatusName>(metrics, "posh_grpc_calls_total", "status", statusNames, { method }),
    seconds: metrics.histogram("posh_grpc_call_seconds", { method })
  }]))
  const problems = cellsBy<ProblemCode>(metrics, "posh_problems_total", "code", problemCodes)
  return ({ isStream, method, problem, startedAt }: Call, status: StatusName): void => {
    const known = counts.get(method)
    increment(known?.statuses.get(status))
    // A stream lasts as long as its caller likes, which says nothing of the service.
    if (!isStream) known?.seconds.observe((performance.now() - startedAt) / 1_000)
    if (problem !== undefined) increment(problems.get(problem))
  }
}
