/**
 * What a domain asserts now, without a certificate in question: for administrators, monitors and prefetching.
 */
import { Result } from "effect"
import type { Association } from "../association/Association.ts"
import type { CacheStatus, Resolution } from "../cache/Resolution.ts"
import { failures, type VerdictCode } from "../codes.ts"
import type { Lint } from "../Lint.ts"
import type { DnsFacts } from "../proof/dane/DnsFacts.ts"
import type { Domain } from "../question/Domain.ts"
import { generationRules } from "../question/Generation.ts"
import type { ServiceKey } from "../question/Service.ts"
import type { Target } from "../question/Target.ts"
import { reportAttempt } from "./report.ts"
import type { TlsaReport } from "./TlsaReport.ts"
import type { AttemptReport } from "./Verdict.ts"

export interface AssociationReport {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly state: "material" | "no-material" | "unusable-material" | "indeterminate"
  readonly code: VerdictCode | "Resolved"
  /** One sentence for a person. */
  readonly message: string
  /** Present when `state` is `material`. */
  readonly association?: Association
  /** With it: when a new look-up may change the report; milliseconds since the epoch, never in the past. */
  readonly refreshAfter?: number
  readonly attempts: ReadonlyArray<AttemptReport>
  /** Findings about the document, even if it is unusable. */
  readonly lints: ReadonlyArray<Lint>
  readonly cache: CacheStatus
  readonly retryable: boolean
  /** Milliseconds. */
  readonly retryAfterMs?: number
  /** What DNS says; absent without a resolver that validates. Nothing else of the report depends on it. */
  readonly tlsa?: TlsaReport
  /** What the answers themselves show; only where that was asked for. */
  readonly dns?: DnsFacts
}

/** Reports a resolution at `now`. */
export const toAssociationReport = (
  { domain, service }: Target,
  resolution: Resolution,
  now: number
): AssociationReport => {
  const { cache, outcome, retryAt } = resolution.deciding
  const common = { domain, service: service.key, attempts: resolution.asked.map(reportAttempt), cache }
  if (Result.isSuccess(outcome)) {
    const { askAgainAt, association, behindMs } = outcome.success
    const message = `${domain} publishes material for ${service.key} (${
      generationRules[association.generation].label
    }).`
    return {
      ...common,
      state: "material",
      code: "Resolved",
      message,
      association,
      refreshAfter: Math.max(now, askAgainAt - behindMs),
      lints: association.lints,
      retryable: false
    }
  }
  const { code, lints = [], message } = outcome.failure
  const retryAfterMs = retryAt === undefined ? outcome.failure.retryAfterMs : Math.max(0, retryAt - now)
  const { retryable, verdict } = failures[code]
  return {
    ...common,
    // The codes of a resolution have no other verdicts; any other would be a defect of ours.
    state: verdict === "no-material" || verdict === "unusable-material" ? verdict : "indeterminate",
    code,
    message,
    lints,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  }
}
