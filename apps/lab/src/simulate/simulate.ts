/**
 * Runs a fleet of real verifiers against a world in virtual time. The same scenario has the same result.
 */
import { Effect, type Random, Result } from "effect"
import type { Replica } from "./fleet/Replica.ts"
import { makeFleet } from "./fleet/SimulatedFleet.ts"
import { type Log, makeLog, type Recorded } from "./Log.ts"
import { makeOutages, scheduleOutages } from "./outages.ts"
import { type Report, toReport } from "./report.ts"
import { makeSampled } from "./sampled.ts"
import type { Scenario } from "./Scenario.ts"
import { seeded } from "./seeded.ts"
import { makeVirtualTime, type VirtualTime } from "./time/VirtualTime.ts"
import { type DraftDomain, makeDraftDomain } from "./world/draft.ts"
import { domainName } from "./world/names.ts"
import { makeWeb } from "./world/web.ts"
import { makeWorld, type World } from "./world/World.ts"

/** When virtual time begins. */
const epoch = Date.parse("2026-07-01T00:00:00Z")

export const simulate = (scenario: Scenario): Effect.Effect<Report> =>
  Effect.map(makeDraftDomain, (draft) => toReport(scenario, run(scenario, draft)))

const run = (scenario: Scenario, draft: DraftDomain): Recorded => {
  const time = makeVirtualTime(epoch)
  // Of their own, so that the same questions are asked whatever fails meanwhile.
  const questions = seeded(`${scenario.seed} questions`)
  const start = epoch + scenario.warmUpMs
  const world = makeWorld(scenario.world, draft.certificate)
  const outages = makeOutages(scenario, world, time, start)
  const log = makeLog(scenario, world, time, outages, start)
  const web = makeWeb({
    world,
    time,
    draftDocument: draft.document,
    isDown: outages.isDown,
    onRequest: log.requested
  })
  const fleet = makeFleet({
    options: scenario.fleet,
    sample: scenario.sample,
    seed: scenario.seed,
    time,
    web,
    observer: log.observer
  })
  scheduleOutages(scenario, fleet, time, start)
  log.follow(fleet)
  for (const domain of arrivals(scenario, time, questions, start + scenario.durationMs)) {
    ask(fleet.replicaFor(domain), domain, world, time, log)
  }
  return log.finish(fleet)
}

/**
 * The domain of each question that is simulated, at the instant at which it is asked: a Poisson process, and Zipf's law.
 * What is asked when the end comes is answered.
 */
function* arrivals(scenario: Scenario, time: VirtualTime, random: Random.Random, end: number) {
  const { next, share } = makeSampled(scenario, random)
  const meanMs = 1_000 / (scenario.rate * share)
  let now = time.now()
  while (true) {
    now -= Math.log(1 - random.nextDoubleUnsafe()) * meanMs
    if (now >= end) break
    time.advanceTo(now)
    yield next()
    time.drain()
  }
  time.advanceTo(end + drainMs)
}

/** A question is answered within this time: its deadline. */
const drainMs = 10_000

/** As the service does: at once if memory suffices, else in a fiber. */
const ask = (
  { runFork, verifier: { prepare, recall, verify } }: Replica,
  domain: number,
  world: World,
  time: VirtualTime,
  log: Log
): void => {
  const asked = time.now()
  const sha256 = world.certificateAt(domain, asked)
  const inquiry = Result.getOrThrow(
    prepare({ domain: domainName(domain), service: "xmpp-server", fingerprint: { "sha-256": sha256 } })
  )
  const answered = log.asked(domain, asked)
  const recalled = recall(inquiry)
  if (recalled !== undefined) return answered(recalled)
  runFork(Effect.map(verify(inquiry), answered))
}
