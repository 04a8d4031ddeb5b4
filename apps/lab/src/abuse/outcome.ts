/** What came of an attack, and what of it must not be. */
import { quantile } from "../quantile.ts"
import { deadlineMs } from "../question.ts"
import type { AttackResult, Bounds, CheckResult } from "./Attack.ts"
import type { AttackName } from "./attacks.ts"
import type { HonestResult } from "./honest.ts"
import type { Memory } from "./service.ts"

export interface Outcome {
  readonly attack: AttackName
  /** Until it was under way. */
  readonly leadSeconds: number
  readonly attackResult: AttackResult
  readonly honestResult: HonestResult
  readonly before: Memory
  readonly peak: Memory
  readonly after: Memory
  readonly alive: boolean
  /** Of attacks with a scene of their own. */
  readonly bounds?: Bounds
  readonly checkResult?: CheckResult
}

/** Beyond the deadline, on a machine that is full: for the way of an answer, and for a thread to be woken. */
const slackMs = 1_000

/**
 * A line for each. On a machine that is busy with other things too, `factor` makes more of what an attack with a scene has
 * for its time.
 */
export const faultsOf = (outcome: Outcome, factor = 1): ReadonlyArray<string> => {
  const { alive, bounds, attackResult, honestResult, checkResult, peak } = outcome
  const [p95, slowest] = [quantile(honestResult.health, 0.95), quantile(honestResult.latencies, 1)]
  return [
    ...(alive ? [] : ["the service has ended"]),
    ...(attackResult.done > 0 ? [] : ["nothing was done to the service"]),
    ...(honestResult.wrong > 0 ? [`${honestResult.wrong} answers were wrong`] : []),
    ...(honestResult.failed > 0 ? [`${honestResult.failed} questions had no answer, or another status`] : []),
    ...(honestResult.latencies.length > honestResult.asked / 2 ? [] : ["most questions were not answered"]),
    ...(slowest < (deadlineMs + slackMs) * (bounds === undefined ? 1 : factor)
      ? []
      : [`an answer took ${slowest.toFixed(0)} ms`]),
    ...(bounds === undefined ? [] : [
      ...(honestResult.undecided > 0 ? [`${honestResult.undecided} answers were \`indeterminate\``] : []),
      ...(honestResult.refused > 0 ? [`${honestResult.refused} questions were refused`] : []),
      ...(peak.rss <= bounds.rss ? [] : [`RSS of ${peak.rss.toFixed(0)} MB, more than ${bounds.rss}`]),
      ...(p95 <= bounds.health * factor
        ? []
        : [`p95 of health checks is ${p95.toFixed(0)} ms, more than ${bounds.health * factor}`])
    ]),
    ...attackResult.faults,
    ...(checkResult?.faults ?? []),
    ...honestResult.samples
  ]
}
