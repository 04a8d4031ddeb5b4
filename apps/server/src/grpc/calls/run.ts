/**
 * Runs the work of a call in a fiber. The end of the call, for whatever reason, interrupts it.
 */
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import type { Problem } from "@posh/api"
import { Cause, Effect, Exit, Option } from "effect"
import { internalProblem } from "../../service/problems.ts"
import { type Traced, Tracing } from "../../telemetry/traces/Tracing.ts"
import { type Call, callOf } from "./Call.ts"
import { refuse } from "./refuse.ts"

export interface Runner {
  /** The span of the call; `undefined` if it is not traced. */
  readonly choose: (call: Call) => Traced | undefined
  /** `toName`: of a field at fault. */
  readonly run: <A>(
    context: HandlerContext,
    work: Effect.Effect<A, Problem>,
    toName?: (field: string) => string
  ) => Promise<A>
}

export const makeRunner: Effect.Effect<Runner> = Effect.gen(function*() {
  const tracing = yield* Tracing
  const runFork = Effect.runForkWith(yield* Effect.context())
  const choose = (call: Call): Traced | undefined => {
    const { headers: { traceparent }, method } = call
    call.traced ??= {
      by: tracing.choose(typeof traceparent === "string" ? traceparent : undefined, () => method)
    }
    return call.traced.by
  }
  return {
    choose,
    run: <A>(context: HandlerContext, work: Effect.Effect<A, Problem>, toName?: (field: string) => string) => {
      const call = callOf(context)
      const { signal } = context
      const annotated = Effect.annotateLogs(work, { request: call.requestId, address: call.address })
      const fiber = runFork(choose(call)?.(annotated) ?? annotated)
      const report = (cause: Cause.Cause<unknown>) =>
        void runFork(
          Effect.logError("a call met a defect", cause).pipe(Effect.annotateLogs({ request: call.requestId }))
        )
      return new Promise<A>((resolve, reject) => {
        const onAbort = () => fiber.interruptUnsafe()
        fiber.addObserver((exit) => {
          signal.removeEventListener("abort", onAbort)
          if (Exit.isSuccess(exit)) return resolve(exit.value)
          reject(toError(call, exit.cause, signal, report, toName))
        })
        if (signal.aborted) onAbort()
        else signal.addEventListener("abort", onAbort)
      })
    }
  }
})

const toError = (
  call: Call,
  cause: Cause.Cause<Problem>,
  signal: AbortSignal,
  report: (cause: Cause.Cause<unknown>) => void,
  toName?: (field: string) => string
): ConnectError => {
  const problem = Cause.findErrorOption(cause)
  if (Option.isSome(problem)) return refuse(call, problem.value, toName)
  if (Cause.hasInterruptsOnly(cause)) {
    return ConnectError.from(
      signal.aborted ? signal.reason : new ConnectError("The service is stopping.", Code.Unavailable)
    )
  }
  report(cause)
  return refuse(call, internalProblem)
}
