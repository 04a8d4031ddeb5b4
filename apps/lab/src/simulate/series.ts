/**
 * The runs of the page: what changes with the rate of questions, with the number of domains, with the number of replicas,
 * from day to day, and in an outage. Samples are so large that the whole takes minutes.
 */
import { day, hour, minute, type Outage, type Scenario, usualScenario } from "./Scenario.ts"

export interface Run {
  readonly name: string
  readonly scenario: Scenario
}

/** Questions a second, the sample, and the hours before and after what is reported begins. */
const rates = [[10, 40, 12], [100, 100, 5], [1_000, 200, 1]] as const

/** The same domains, asked about more often. */
export const byRate: ReadonlyArray<Run> = rates.map(([rate, sample, hours]) => ({
  name: `${rate}/s`,
  scenario: { ...usualScenario, rate, sample, warmUpMs: hours * hour, durationMs: hours * hour }
}))

/** As many questions, about more domains: those about more domains at the same rate each differ by little but their number. */
export const byDomains: ReadonlyArray<Run> = ([[100_000, 100], [1_000_000, 200], [10_000_000, 200]] as const).map(
  ([domains, sample]) => ({
    name: domains.toLocaleString("en"),
    scenario: {
      ...usualScenario,
      world: { ...usualScenario.world, domains },
      rate: 1_000,
      sample,
      warmUpMs: hour,
      durationMs: hour
    }
  })
)

const counts = [1, 4, 16, 100] as const

/** The same questions, shared by more replicas. */
export const byReplicas = (redis: boolean): ReadonlyArray<Run> =>
  counts.map((replicas) => ({
    name: `${replicas}`,
    scenario: {
      ...usualScenario,
      rate: 1_000,
      sample: 250,
      warmUpMs: hour / 2,
      durationMs: hour / 2,
      fleet: { ...usualScenario.fleet, replicas, redis }
    }
  }))

const from = 20 * minute

export const outages: ReadonlyArray<readonly [name: string, ReadonlyArray<Outage>]> = [
  ["all origins, 20 min", [{ what: "origins", from, to: 2 * from, share: 1 }]],
  ["the largest provider, 20 min", [{ what: "provider", from, to: 2 * from, provider: 0 }]],
  ["Redis, 20 min", [{ what: "redis", from, to: 2 * from, losesData: false }]],
  ["Redis, and its data is lost", [{ what: "redis", from, to: 2 * from, losesData: true }]],
  ["all replicas restart in 5 min", [{ what: "restart", from, to: from + 5 * minute }]]
]

/** One thing fails in each. */
export const byOutage: ReadonlyArray<Run> = outages.map(([name, failing]) => ({
  name,
  scenario: {
    ...usualScenario,
    rate: 100,
    sample: 80,
    warmUpMs: hour,
    durationMs: hour,
    outages: failing
  }
}))

/** A fleet that starts with nothing, where one provider hosts all that is hosted. */
export const coldStart: ReadonlyArray<Run> = ([1, 4, 16] as const).map((replicas) => ({
  name: `${replicas}`,
  scenario: {
    ...usualScenario,
    world: { ...usualScenario.world, providers: 1 },
    rate: 1_000,
    sample: 20,
    warmUpMs: 0,
    durationMs: minute,
    fleet: { ...usualScenario.fleet, replicas }
  }
}))

/** Domains that present another certificate than they publish, asked about a hundred times a minute each. */
export const mistaken: ReadonlyArray<Run> = counts.map((replicas) => ({
  name: `${replicas}`,
  scenario: {
    ...usualScenario,
    world: {
      ...usualScenario.world,
      domains: 1,
      exponent: 0,
      shares: { own: 0, hosted: 0, draft: 0, nothing: 0, unreachable: 0, mistaken: 1 }
    },
    rate: 100 / 60,
    warmUpMs: 0,
    durationMs: 20 * minute,
    fleet: { ...usualScenario.fleet, replicas }
  }
}))

/** Two samples of the same. */
const seeds = [["one sample", "1"], ["another", "2"]] as const

/** A day of a fleet that has run for half a day. */
export const usual: ReadonlyArray<Run> = seeds.map(([name, seed]) => ({
  name,
  scenario: { ...usualScenario, rate: 100, sample: 500, warmUpMs: 12 * hour, durationMs: day, seed }
}))

/** From a start with nothing until material of all lifetimes has been renewed. */
export const days: ReadonlyArray<Run> = [{
  name: "4 replicas",
  scenario: { ...usualScenario, rate: 100, sample: 1_000, warmUpMs: 0, durationMs: 8 * day }
}]

/** Questions a second. */
export const largeRate = 20_000

/** Ten million domains and a hundred replicas, for three days from a start with nothing. */
export const large: ReadonlyArray<Run> = seeds.map(([name, seed]) => ({
  name,
  scenario: {
    ...usualScenario,
    world: { ...usualScenario.world, domains: 10_000_000 },
    rate: largeRate,
    sample: 10_000,
    warmUpMs: 0,
    durationMs: 3 * day,
    fleet: { ...usualScenario.fleet, replicas: 100, cacheEntries: 1_000_000 },
    seed
  }
}))
