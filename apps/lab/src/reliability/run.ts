/**
 * Runs one scenario: a fleet of two replicas under load, a failure of Redis, and a check of every answer.
 */
import type { RedisServer } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { deadlineMs } from "../question.ts"
import { type Fleet, startFleet } from "./fleet.ts"
import { load } from "./load.ts"
import { disagreements, findFault } from "./recovery.ts"
import { makeRotation } from "./rotation.ts"
import type { Scenario, StandardScenario, Testbed } from "./Scenario.ts"
import { makeTally, type Tally } from "./Tally.ts"
import type { Outcome, Timing } from "./Timing.ts"
import { makeWorld } from "./world.ts"

/** One line for each fault. */
export const faultsOf = (outcome: Outcome): ReadonlyArray<string> => [
  ...outcome.samples,
  ...(outcome.wrong > 0 ? [`${outcome.wrong} answers were wrong`] : []),
  ...(outcome.serverErrors > 0 ? [`${outcome.serverErrors} answers had a status of 500 or more`] : []),
  ...(outcome.otherFailures > 0
    ? [`${outcome.otherFailures} questions had another status than 200, or no answer`]
    : []),
  ...(outcome.latencies.during.p99 < deadlineMs ? [] : [`p99 was ${outcome.latencies.during.p99} ms`]),
  ...outcome.disagreements,
  ...outcome.faults
]

export const run = (scenario: Scenario, timing: Timing): Effect.Effect<Outcome> =>
  "run" in scenario ? scenario.run(timing) : runStandard(scenario, timing)

const runStandard = (scenario: StandardScenario, timing: Timing): Effect.Effect<Outcome> =>
  Effect.scoped(Effect.gen(function*() {
    const setup = yield* scenario.setUp
    const world = yield* makeWorld
    const fleet = yield* startFleet(world, setup.env)
    const testbed = { world, fleet }
    const fault = yield* awaitHealthy(testbed, timing)
    if (fault !== undefined) throw new Error(fault)
    const rotation = makeRotation(world, fleet)
    const tally = makeTally()

    const loading = yield* Effect.forkChild(load(world, fleet, rotation, tally, timing))
    yield* continueFor(tally, timing.beforeMs)
    tally.phase = "during"
    const brokenAt = performance.now()
    yield* rotation.begin(setup.break(testbed))
    if (scenario.needsRepair) yield* continueFor(tally, timing.duringMs)
    const faults = yield* setup.check?.(testbed) ?? Effect.succeed([])
    const repairedAt = scenario.needsRepair ? performance.now() : brokenAt
    yield* setup.repair(testbed)
    const lasting = yield* awaitHealthy(testbed, timing)
    const recoveredMs = performance.now() - repairedAt
    tally.phase = "after"
    yield* rotation.end(timing.propagationMs)
    yield* continueFor(tally, timing.afterMs)
    yield* Fiber.interrupt(loading)

    return {
      ...tally.summary(),
      recoveredMs,
      disagreements: yield* awaitConsistency(fleet, setup.servers),
      faults: [...faults, ...(lasting === undefined ? [] : [lasting])]
    }
  }))

/** Minimum of answers in a phase, however busy the machine is. */
const fewest = 50

export const continueFor = (tally: Tally, milliseconds: number) =>
  Effect.sleep(milliseconds).pipe(
    Effect.andThen(Effect.repeat(Effect.sleep(20), { until: () => tally.count() >= fewest }))
  )

/** Waits until the fleet has recovered; else returns the fault after the time-out. */
const awaitHealthy = Effect.fnUntraced(function*({ fleet, world }: Testbed, { recoveryMs }: Timing) {
  const startedAt = performance.now()
  for (let attempt = 0;; attempt += 1) {
    const fault = yield* findFault(world, fleet, `${Math.floor(startedAt)}-${attempt}`)
    if (fault === undefined) return undefined
    if (performance.now() - startedAt > recoveryMs) return `not well after ${recoveryMs} ms: ${fault}`
    yield* Effect.sleep(100)
  }
})

/** Waits until entries and index agree: writes may be under way when the load ends, or the circuit breaker may be open. */
export const awaitConsistency = Effect.fnUntraced(function*(fleet: Fleet, servers: ReadonlyArray<RedisServer>) {
  const commandAll = (...words: ReadonlyArray<string>) =>
    Effect.map(
      Effect.forEach(servers, (server) => Effect.orElseSucceed(server.command(...words), () => [])),
      (replies) => [...new Set(replies.flat().map(String))]
    )
  const look = disagreements(fleet, commandAll)
  return yield* Effect.repeat(Effect.delay(look, 250), { while: (found) => found.length > 0, times: 100 })
})
