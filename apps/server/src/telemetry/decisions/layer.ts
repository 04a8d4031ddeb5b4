/**
 * Settings → the decision log.
 */
import { Effect, type Scope } from "effect"
import type { ConfigError } from "../../config/Config.ts"
import { derive, secretOf } from "../../config/Secrets.ts"
import type { Settings } from "../../config/variables.ts"
import { type DecisionObserverShape, unobserved } from "../DecisionObserver.ts"
import type { Metrics } from "../Metrics.ts"
import { defaultCapacity, makeDecisionLog } from "./DecisionLog.ts"
import { fileSink } from "./fileSink.ts"
import { makeMask, type Mask } from "./mask.ts"
import { makeToDraft } from "./record.ts"
import { stdoutSink } from "./sink.ts"
import { cannotOpen } from "./writable.ts"

export type DecisionSettings = Pick<Settings, "decisionLog" | "decisionLogMask" | "decisionLogKey">

/** The mask of all logs, with the key that is current. */
export const makeLogMask = (
  { decisionLogKey, decisionLogMask }: Pick<Settings, "decisionLogKey" | "decisionLogMask">
): Effect.Effect<() => Mask> =>
  Effect.map(
    secretOf("decisionLogKey", decisionLogKey),
    (key) => derive(key, (value) => makeMask(decisionLogMask, value))
  )

/** `undefined` if the log is off. Fails with `ConfigError` if the file cannot be opened. */
export const observeDecisions = (
  { decisionLog }: Pick<Settings, "decisionLog">,
  { cell }: Metrics["Service"],
  mask: () => Mask
): Effect.Effect<DecisionObserverShape | undefined, ConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    if (decisionLog === "off") return undefined
    const sink = decisionLog === "stdout" ? stdoutSink : yield* Effect.mapError(
      fileSink(decisionLog.path),
      ({ message }) => cannotOpen(decisionLog.path, message)
    )
    const toDraft = derive({ current: mask }, makeToDraft)
    const record = yield* makeDecisionLog({
      sink,
      toDraft: (entry) => toDraft()(entry),
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
