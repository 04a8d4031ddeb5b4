/** The result of an attack, and its faults. */
import { quantile } from "../quantile.ts"
import { deadlineMs } from "../question.ts"
import type { AttackResult, Bounds, CheckResult } from "./Attack.ts"
import type { AttackName } from "./attacks.ts"
import type { HonestResult } from "./honest.ts"
import type { Memory } from "./service.ts"

export interface Outcome {
  readonly attack: AttackName
  /** Seconds until it was under way. */
  readonly leadSeconds: number
  readonly attackResult: AttackResult
  readonly honestResult: HonestResult
  readonly before: Memory
  readonly peak: Memory
  readonly after: Memory
  readonly alive: boolean
  /** Only of attacks with a scene. */
  readonly bounds?: Bounds
  readonly checkResult?: CheckResult
}

/** Tolerance beyond the deadline on an overloaded machine, for the transport and for thread scheduling. */
const slackMs = 1_000

/**
 * One line for each fault. `factor` multiplies the time bounds of attacks with a scene, for a machine that runs other
 * processes too.
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
