/**
 * Settings → the decision log.
 */
import { Effect, type Scope } from "effect"
import type { ConfigError } from "../../config/Config.ts"
import type { Settings } from "../../config/variables.ts"
import { type DecisionObserverShape, unobserved } from "../DecisionObserver.ts"
import type { Metrics } from "../Metrics.ts"
import { defaultCapacity, makeDecisionLog } from "./DecisionLog.ts"
import { fileSink } from "./fileSink.ts"
import { makeMask } from "./mask.ts"
import { makeToDraft } from "./record.ts"
import { stdoutSink } from "./sink.ts"
import { cannotOpen } from "./writable.ts"

export type DecisionSettings = Pick<Settings, "decisionLog" | "decisionLogMask" | "decisionLogKey">

/** `undefined` if the log is off. Fails with `ConfigError` if the file cannot be opened. */
export const observeDecisions = (
  { decisionLog, decisionLogKey, decisionLogMask }: DecisionSettings,
  { cell }: Metrics["Service"]
): Effect.Effect<DecisionObserverShape | undefined, ConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    if (decisionLog === "off") return undefined
    const sink = decisionLog === "stdout" ? stdoutSink : yield* Effect.mapError(
      fileSink(decisionLog.path),
      ({ message }) => cannotOpen(decisionLog.path, message)
    )
    const record = yield* makeDecisionLog({
      sink,
      toDraft: makeToDraft(makeMask(decisionLogMask, decisionLogKey)),
      capacity: defaultCapacity,
      written: cell("posh_decision_log_records_total", { result: "written" }),
      dropped: cell("posh_decision_log_records_total", { result: "dropped" })
    })
    return {
      ...unobserved,
      asked: () => performance.now(),
      decided: (decision, question, caller, since) =>
        record({ decision, question, caller, tookMs: performance.now() - since })
    }
  })
