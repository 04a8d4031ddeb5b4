/** Counts the answers. */
import type { Reply } from "../exchange.ts"
import { ascending, quantile } from "../quantile.ts"
import type { Question } from "./answers.ts"

/** `before` the failure, from the failure to the recovery (`during`), and `after` that. */
export type Phase = "before" | "during" | "after"

export interface Tally {
  phase: Phase
  readonly note: (question: Question, replica: number, allowed: ReadonlyArray<string>, reply: Reply, ms: number) => void
  /** Answers in the current phase so far. */
  readonly count: () => number
  readonly summary: () => Summary
}

export interface Summary {
  readonly questions: number
  readonly wrong: number
  readonly serverErrors: number
  /** Statuses other than 200 and 5xx, and missing responses. */
  readonly otherFailures: number
  /** Answers of each phase by their `cache` member. */
  readonly tiers: Readonly<{ [K in Phase]: Readonly<{ [tier: string]: number }> }>
  /** In milliseconds; 0 if there are none. */
  readonly latencies: Readonly<{ [K in Phase]: Latencies }>
  /** The first few wrong answers. */
  readonly samples: ReadonlyArray<string>
}

export interface Latencies {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly slowest: number
}

const samplesKept = 10

export const makeTally = (): Tally => {
  const counts = { wrong: 0, serverErrors: 0, otherFailures: 0 }
  const times: { [K in Phase]: Array<number> } = { before: [], during: [], after: [] }
  const tiers: { [K in Phase]: { [tier: string]: number } } = { before: {}, during: {}, after: {} }
  const samples: Array<string> = []
  const startedAt = performance.now()

  const classify = (reply: Reply, allowed: ReadonlyArray<string>, phase: Phase): keyof typeof counts | undefined => {
    if (reply.status >= 500) return "serverErrors"
    if (reply.status !== 200) return "otherFailures"
    const { cache = "none", code, valid, verdict } = JSON.parse(reply.body)
    tiers[phase][cache] = (tiers[phase][cache] ?? 0) + 1
    return allowed.includes(`${verdict} ${code}`) && valid === (verdict === "verified") ? undefined : "wrong"
  }

  const tally: Tally = {
    phase: "before",
    note: (question, replica, allowed, reply, ms) => {
      times[tally.phase].push(ms)
      const fault = classify(reply, allowed, tally.phase)
      if (fault === undefined) return
      counts[fault] += 1
      if (samples.length >= samplesKept) return
      const at = `${tally.phase}, ${(performance.now() - startedAt).toFixed(0)} ms`
      samples.push(
        `${at}: replica ${replica}, ${question.domain}: ${allowed.join(" or ")} expected, ${reply.status} ${reply.body}`
      )
    },
    count: () => times[tally.phase].length,
    summary: () => ({
      questions: times.before.length + times.during.length + times.after.length,
      ...counts,
      tiers,
      latencies: {
        before: toLatencies(times.before),
        during: toLatencies(times.during),
        after: toLatencies(times.after)
      },
      samples
    })
  }
  return tally
}

const toLatencies = (times: ReadonlyArray<number>): Latencies => {
  if (times.length === 0) return { count: 0, p50: 0, p99: 0, slowest: 0 }
  const sorted = ascending(times)
  const [p50, p99, slowest] = [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)]
  return { count: sorted.length, p50, p99, slowest }
}
