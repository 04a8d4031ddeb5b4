/**
 * Counts what is answered, and what was requested for it.
 */
import type { Association, Verdict, VerdictKind } from "@posh/core"
import { type Histogram, makeHistogram } from "./Histogram.ts"
import type { Kind } from "./Scenario.ts"
import { rightVerdict } from "./world/World.ts"

export type Tier = "memory" | "redis" | "coalesced" | "miss"

/** Answers to questions that were asked in one span of time. */
export interface Answers {
  /** Questions by the rate, whether their domains are simulated or not; the other counts are of those that are. */
  expected: number
  questions: number
  readonly byTier: Record<Tier, number>
  readonly byVerdict: Record<VerdictKind, number>
  /** Codes of `indeterminate`. */
  readonly unknown: Map<string, number>
  /** Neither what is right of the domain, nor "don't know". */
  wrong: number
  /** "Don't know" about a domain whose servers are never unreachable in this world. */
  lost: number
  /** Verified by stale material, because its origin could not be asked. */
  byGrace: number
  /** Milliseconds since the material or the error was fetched. */
  readonly age: Histogram
  /** Milliseconds until the answer. */
  readonly latency: Histogram
}

export const noAnswers = (): Answers => ({
  expected: 0,
  questions: 0,
  byTier: { memory: 0, redis: 0, coalesced: 0, miss: 0 },
  byVerdict: {
    "verified": 0,
    "mismatch": 0,
    "no-material": 0,
    "unusable-material": 0,
    "certificate-invalid": 0,
    "indeterminate": 0
  },
  unknown: new Map(),
  wrong: 0,
  lost: 0,
  byGrace: 0,
  age: makeHistogram(),
  latency: makeHistogram()
})

export const addAnswer = (answers: Answers, verdict: Verdict, kind: Kind, latencyMs: number): void => {
  answers.questions += 1
  answers.byTier[verdict.cache ?? "miss"] += 1
  answers.byVerdict[verdict.verdict] += 1
  answers.latency.add(latencyMs)
  if (verdict.verdict === "indeterminate") {
    answers.unknown.set(verdict.code, (answers.unknown.get(verdict.code) ?? 0) + 1)
    if (kind !== "unreachable") answers.lost += 1
  } else if (verdict.verdict !== rightVerdict[kind]) answers.wrong += 1
  const { basis } = verdict
  if (basis === undefined) return
  if (isAssociation(basis)) {
    answers.age.add(verdict.decidedAt - basis.lifetime.fetchedAt)
    if (verdict.decidedAt >= basis.lifetime.revalidateAt && verdict.cache !== "miss") answers.byGrace += 1
  } else answers.age.add(verdict.decidedAt - (basis.hops.at(-1)?.startedAt ?? verdict.decidedAt))
}

const isAssociation = (basis: NonNullable<Verdict["basis"]>): basis is Association => "lifetime" in basis

/** Requests to hosts. */
export interface Requests {
  total: number
  readonly byHost: Map<string, HostRequests>
}

export interface HostRequests {
  count: number
  /** In one second, at most. */
  peak: number
  second: number
  inSecond: number
}

export const addRequest = (requests: Requests, host: string, now: number): void => {
  requests.total += 1
  const second = Math.floor(now / 1_000)
  const known = requests.byHost.get(host)
  if (known === undefined) {
    requests.byHost.set(host, { count: 1, peak: 1, second, inSecond: 1 })
    return
  }
  known.count += 1
  known.inSecond = known.second === second ? known.inSecond + 1 : 1
  known.second = second
  known.peak = Math.max(known.peak, known.inSecond)
}
