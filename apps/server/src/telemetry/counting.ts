/**
 * Observers that increment the metrics of the catalogue. Every cell is looked up once, when the service starts.
 */
import type { ProblemCode } from "@posh/api"
import type { Generation, Prooftype } from "@posh/core"
import type { CacheEntry } from "@posh/core/cache"
import type { ResolutionObserverShape } from "@posh/core/serving"
import type { Labels, MetricName } from "./catalogue.ts"
import type { DecisionObserverShape } from "./DecisionObserver.ts"
import {
  fetchPhases,
  generations,
  issuerCodes,
  outboundCodes,
  problemCodes,
  resolutionCodes,
  verdictSeries
} from "./labels.ts"
import type { Cell, Metrics } from "./Metrics.ts"

type Service = Metrics["Service"]

/** Counts verdicts and problems. */
export const countQuestions = (metrics: Service): DecisionObserverShape => {
  const cells = (prooftype: string) =>
    new Map(
      verdictSeries.filter((labels) => labels.prooftype === prooftype)
        .map((labels) => [labels.code, metrics.cell("posh_verdicts_total", labels)])
    )
  const verdicts: { readonly [P in Prooftype]?: ReadonlyMap<string, Cell> } = {
    posh: cells("posh"),
    pkix: cells("pkix"),
    dane: cells("dane")
  }
  const problems = cellsBy<ProblemCode>(metrics, "posh_problems_total", "code", problemCodes)
  return {
    asked: () => 0,
    decided: ({ verdict }) => increment(verdicts[verdict.prooftype]?.get(verdict.code)),
    problem: (code) => increment(problems.get(code))
  }
}

/** Counts what the core observes of resolution. */
export const countResolving = (metrics: Service): ResolutionObserverShape => {
  const resolutions = new Map(generations.map((generation) => [
    generation,
    cellsBy(metrics, "posh_resolutions_total", "code", resolutionCodes, { generation })
  ]))
  const resolutionSeconds = new Map<Generation, ReturnType<Service["histogram"]>>(
    generations.map((generation) => [generation, metrics.histogram("posh_resolution_seconds", { generation })])
  )
  const outbound = cellsBy(metrics, "posh_outbound_requests_total", "code", outboundCodes)
  const issuers = cellsBy(metrics, "posh_issuer_requests_total", "code", issuerCodes)
  const outboundSeconds = metrics.histogram("posh_outbound_request_seconds")
  const phases = new Map(
    fetchPhases.map((phase) => [phase, metrics.histogram("posh_outbound_phase_seconds", { phase })])
  )
  const leads = cellsBy(metrics, "posh_fleet_leads_total", "role", ["lead", "follow", "fenced"])
  const waiting = metrics.cell("posh_questions_waiting")
  const coalesced = metrics.cell("posh_coalesced_total")
  const refreshes = metrics.cell("posh_refreshes_ahead_total")
  const ages = metrics.histogram("posh_served_age_seconds")
  return {
    lookedUp: countLookups(metrics),
    served: (ageMs) => ages.observe(ageMs / 1_000),
    waiting: (change) => {
      waiting.value += change
    },
    coalesced: () => increment(coalesced),
    refreshedAhead: () => increment(refreshes),
    resolved: (generation, code, ms) => {
      increment(resolutions.get(generation)?.get(code))
      resolutionSeconds.get(generation)?.observe(ms / 1_000)
    },
    fetched: (code, ms) => {
      increment(outbound.get(code))
      outboundSeconds.observe(ms / 1_000)
    },
    fetchedIssuer: (code) => increment(issuers.get(code)),
    passed: (phase, ms) => phases.get(phase)?.observe(ms / 1_000),
    led: (role) => increment(leads.get(role)),
    remembering: ({ entries, evicted }) => {
      metrics.cell("posh_cache_entries").read = entries
      metrics.cell("posh_cache_evictions_total").read = evicted
    }
  }
}

const countLookups = (metrics: Service) => {
  const results = ["hit", "negative", "miss"]
  const memory = cellsBy(metrics, "posh_cache_lookups_total", "result", results, { tier: "memory" })
  const redis = cellsBy(metrics, "posh_cache_lookups_total", "result", [...results, "away"], { tier: "redis" })
  return ({ negative, association, away, tier }: CacheEntry) => {
    const result = association !== undefined ? "hit" : negative !== undefined ? "negative" : "miss"
    increment((tier === "memory" ? memory : redis).get(result))
    // A look-up in Redis implies a miss in memory.
    if (tier === "redis") increment(memory.get("miss"))
    if (away === true) increment(redis.get("away"))
  }
}

/** The cells of the values of one label. */
export const cellsBy = <Value extends string>(
  metrics: Service,
  name: MetricName,
  label: string,
  values: ReadonlyArray<Value>,
  others: Labels = {}
): ReadonlyMap<string, Cell> =>
  new Map(values.map((value) => [value, metrics.cell(name, { ...others, [label]: value })]))

export const increment = (cell: Cell | undefined): void => {
  if (cell !== undefined) cell.value += 1
}
