/**
 * Small runs, with what has to come out by the policy of the cache or by analysis.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import type { Report } from "../../src/simulate/report.ts"
import {
  type FleetOptions,
  hour,
  type Kind,
  minute,
  type Outage,
  type Scenario,
  usualFleet,
  type WorldOptions
} from "../../src/simulate/Scenario.ts"
import { simulate } from "../../src/simulate/simulate.ts"

/** Only for a machine that is busy with other work. */
vi.setConfig({ testTimeout: 120_000 })

const only = (kind: Kind): WorldOptions["shares"] => ({
  own: 0,
  hosted: 0,
  draft: 0,
  nothing: 0,
  unreachable: 0,
  mistaken: 0,
  [kind]: 1
})

/** All domains publish for themselves, for a day, and are asked about equally often. */
const world = (more: Partial<WorldOptions> = {}): WorldOptions => ({
  domains: 20,
  exponent: 0,
  shares: only("own"),
  lifetimes: [[86_400, 1]],
  providers: 1,
  rotationMs: Number.POSITIVE_INFINITY,
  latencyMs: [20, 200],
  ...more
})

const fleet = (more: Partial<FleetOptions> = {}): FleetOptions => ({ ...usualFleet, replicas: 8, ...more })

const run = (more: Partial<Scenario> = {}): Effect.Effect<Report> =>
  simulate({
    world: world(),
    fleet: fleet(),
    rate: 0.4,
    sample: 1,
    warmUpMs: 0,
    durationMs: 2 * hour,
    outages: [],
    seed: "test",
    ...more
  })

const anHour: WorldOptions["lifetimes"] = [[3_600, 1]]

describe("a fleet asks each origin as often as the policy says", () => {
  // Each domain is fetched by its first question, and again at 80 to 90 % of its life (CAC-34): three times in two hours.
  const questions = { world: world({ domains: 10, lifetimes: anHour }), rate: 1 }

  it.effect.each<[replicas: number, domains: number]>([[1, 10], [8, 10], [100, 4]])(
    "with Redis: one fetch for each domain and lifetime, for %d replicas (CAC-34)",
    ([replicas, domains]) =>
      Effect.gen(function*() {
        const { answers, fetches, requests } = yield* run({
          world: world({ domains, lifetimes: anHour }),
          rate: domains / 10,
          fleet: fleet({ replicas })
        })
        assert.strictEqual(fetches.done, domains * 3)
        assert.strictEqual(requests.domains.requests, domains * 3)
        assert.strictEqual(answers.wrong + answers.lost, 0)
      })
  )

  it.effect("without Redis: so many for each replica", () =>
    Effect.gen(function*() {
      const { fetches } = yield* run({ ...questions, fleet: fleet({ redis: false }) })
      assert.strictEqual(fetches.done, 8 * 10 * 3)
    }))

  it.effect("without Redis, where each domain has its replica: as if there were one", () =>
    Effect.gen(function*() {
      const { fetches } = yield* run({ ...questions, fleet: fleet({ redis: false, balance: "by domain" }) })
      assert.strictEqual(fetches.done, 10 * 3)
    }))

  it.effect("a reference costs a request to the domain, and one to its provider", () =>
    Effect.gen(function*() {
      const { fetches, requests } = yield* run({
        ...questions,
        world: world({ domains: 10, lifetimes: anHour, shares: only("hosted") })
      })
      assert.strictEqual(fetches.done, 10 * 3)
      assert.strictEqual(requests.domains.requests, 10 * 3)
      assert.strictEqual(requests.providers.requests, 10 * 3)
    }))

  it.effect("a domain without POSH is asked for both generations every 4 to 5 minutes (CAC-31)", () =>
    Effect.gen(function*() {
      const { answers, requests } = yield* run({
        world: world({ domains: 5, shares: only("nothing") }),
        rate: 0.5,
        durationMs: hour
      })
      const each = requests.domains.requests / 5
      assert.isAtLeast(each, 2 * 60 / 5)
      assert.isAtMost(each, 2 * (60 / 4 + 1))
      assert.strictEqual(answers.verdicts["no-material"], answers.simulated)
    }))

  it.effect("a domain that publishes another certificate is asked once a minute by each replica at most (MAT-43)", () =>
    Effect.gen(function*() {
      const replicas = 4
      const { answers, requests } = yield* run({
        world: world({ domains: 2, shares: only("mistaken") }),
        fleet: fleet({ replicas }),
        rate: 2,
        durationMs: 20 * minute
      })
      assert.isAtMost(requests.domains.requests, 2 * (1 + 20 * replicas))
      assert.strictEqual(answers.verdicts["mismatch"], answers.simulated)
    }))
})

describe("a cache of one replica hits as often as analysis says", () => {
  it.effect.each([0.2, 1, 5])("%d questions a lifetime", (perLifetime) =>
    Effect.gen(function*() {
      const domains = 200
      const questions = 1_500
      const { answers } = yield* run({
        world: world({ domains, lifetimes: anHour, latencyMs: [0, 0] }),
        fleet: fleet({ replicas: 1, redis: false }),
        rate: domains * perLifetime / 3_600,
        warmUpMs: hour,
        durationMs: questions / (domains * perLifetime) * hour
      })
      // A fetch serves for its lifetime T; the first question after R, which is 80 to 90 % of T, renews it: in the background
      // if it comes before T, else after a miss. So of the 1 + λR questions of a renewal e^(-λ(T-R)) miss on average. For
      // R = T that is 1/(1 + λT).
      const missed = (Math.exp(-0.1 * perLifetime) - Math.exp(-0.2 * perLifetime)) / (0.1 * perLifetime)
      const expected = missed / (1 + 0.85 * perLifetime)
      const deviation = Math.sqrt(expected * (1 - expected) / answers.simulated)
      assert.approximately(answers.tiers.miss, expected, 5 * deviation)
      assert.isAbove(answers.simulated, 1_000)
    }))
})

describe("an outage", () => {
  const from = 20 * minute
  const to = 40 * minute
  const outage = (...outages: ReadonlyArray<Outage>) => ({ warmUpMs: hour, durationMs: hour, outages })

  it.effect("of all origins that is shorter than what is left of the lifetimes changes no answer", () =>
    Effect.gen(function*() {
      const { answers: calm } = yield* run(outage())
      const { answers, during } = yield* run(outage({ what: "origins", from, to, share: 1 }))
      assert.deepStrictEqual(answers.verdicts, calm.verdicts)
      assert.strictEqual(answers.lost + answers.wrong, 0)
      assert.isAbove(during[0]?.answers.simulated ?? 0, 300)
    }))

  it.effect("of all origins: what was never fetched is unknown, and what has ended; nothing is wrong", () =>
    Effect.gen(function*() {
      const { during: [found], answers } = yield* run({
        ...outage({ what: "origins", from, to, share: 1 }),
        world: world({ lifetimes: [[300, 1]] })
      })
      assert.strictEqual(answers.wrong, 0)
      assert.isAbove((found?.answers.lost ?? 0) / (found?.answers.simulated ?? 1), 0.6)
    }))

  it.effect("of all origins: draft material serves until it is due to be revalidated, as RFC 7711 is unknown (NEG-06)", () =>
    Effect.gen(function*() {
      const { answers, during: [found], slices } = yield* run({
        world: world({ shares: only("draft"), domains: 1 }),
        rate: 0.02,
        fleet: fleet({ replicas: 2 }),
        warmUpMs: 6 * hour,
        durationMs: 24 * hour,
        outages: [{ what: "origins", from: 0, to: 24 * hour, share: 1 }]
      })
      const lost = (from: number, to: number) =>
        slices.filter(({ at }) => at >= from * hour && at < to * hour).reduce((sum, slice) => sum + slice.lost, 0)
      assert.strictEqual(answers.wrong, 0)
      assert.strictEqual(lost(0, 17), 0)
      assert.isAbove(lost(19, 24), 300)
      assert.strictEqual(found?.answers.byGrace, 0)
    }))

  for (const losesData of [false, true]) {
    it.effect(`of Redis, whether it keeps its data or not: ${losesData ? "lost" : "kept"}`, () =>
      Effect.gen(function*() {
        const { answers, fetches } = yield* run(outage({ what: "redis", from, to, losesData }))
        assert.strictEqual(answers.lost + answers.wrong, 0)
        // Every replica has asked about every domain before, and answers from memory; else it asks once.
        assert.isAtMost(fetches.done, 8 * 20)
      }))
  }

  it.effect("of Redis from the start costs one fetch for each replica and domain, and is made up for afterwards", () =>
    Effect.gen(function*() {
      const outages: ReadonlyArray<Outage> = [{ what: "redis", from: 0, to: hour, losesData: true }]
      const { answers, fetches, slices } = yield* run({ outages, rate: 1 })
      assert.strictEqual(answers.lost + answers.wrong, 0)
      assert.isAtMost(fetches.done, 8 * 20)
      assert.isAbove(fetches.done, 6 * 20)
      const after = slices.filter(({ at }) => at > 1.1 * hour)
      assert.strictEqual(after.reduce((sum, { requests }) => sum + requests, 0), 0)
    }))

  it.effect("where all replicas restart, Redis gives them what they knew: no origin is asked", () =>
    Effect.gen(function*() {
      const { answers, fetches } = yield* run(outage({ what: "restart", from, to }))
      assert.strictEqual(fetches.done, 0)
      assert.isAbove(answers.tiers.redis, 0.05)
      assert.strictEqual(answers.lost + answers.wrong, 0)
    }))
})

describe("a run", () => {
  it.effect("is the same with the same seed, and another with another", () =>
    Effect.gen(function*() {
      const short = { durationMs: 5 * minute, world: world({ shares: { ...only("own"), own: 0.5, nothing: 0.5 } }) }
      const text = (seed: string) => Effect.map(run({ ...short, seed }), (report) => JSON.stringify(report))
      const first = yield* text("a")
      assert.strictEqual(yield* text("a"), first)
      assert.notStrictEqual(yield* text("b"), first)
    }))

  it.effect("of a sample of the domains agrees with that of all", () =>
    Effect.gen(function*() {
      const part = { world: world({ domains: 500, lifetimes: anHour }), rate: 0.25, durationMs: hour }
      const all = yield* run(part)
      const some = yield* run({ ...part, sample: 8, rate: 2, world: world({ domains: 4_000, lifetimes: anHour }) })
      assert.approximately(some.answers.tiers.miss, all.answers.tiers.miss, 0.1)
      assert.approximately(some.requests.perQuestion, all.requests.perQuestion, 0.1)
      assert.approximately(some.redis.perQuestion, all.redis.perQuestion, 0.8)
      assert.approximately(some.domains / 4_000, all.domains / 500, 0.1)
    }))
})
