/** Redis fails while the domains' hosts fail too: only cached material can verify. */
import { Behave, makeRedis, type RedisServer } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { toBody } from "../question.ts"
import { constantQuestion, type KnownAnswer, knownAnswers, type Question } from "./answers.ts"
import { purge, readiness, startFleet } from "./fleet.ts"
import { keepAsking, makeAsk } from "./load.ts"
import { awaitConsistency, continueFor } from "./run.ts"
import type { CustomScenario, Testbed } from "./Scenario.ts"
import { makeTally } from "./Tally.ts"
import type { Outcome, Timing } from "./Timing.ts"
import { makeWorld } from "./world.ts"

type RedisAction = (redis: RedisServer) => Effect.Effect<unknown>

/** Per generation. */
const domains = 15
/** Milliseconds until a replica has noticed the failure of Redis. */
const noticeMs = 500
const purgedDomain = "modern-purged.learnt.example"

export const lossWithFailingOrigins: ReadonlyArray<CustomScenario> = [
  loss(
    "killed, and hosts fail",
    "all hosts answer 503 and Redis is killed with SIGKILL; it is started again without its data, and they answer 503 still. " +
      "What was learnt goes on to verify; a purge meanwhile holds, and reaches the other replica",
    (redis) => redis.kill(),
    (redis) => redis.restart()
  ),
  loss(
    "paused, and hosts fail",
    "the same with SIGSTOP and SIGCONT",
    (redis) => redis.pause(),
    (redis) => redis.resume()
  )
]

function loss(name: string, what: string, breakRedis: RedisAction, repairRedis: RedisAction): CustomScenario {
  const run = (timing: Timing): Effect.Effect<Outcome> =>
    Effect.scoped(Effect.gen(function*() {
      const redis = yield* makeRedis()
      const world = yield* makeWorld
      const fleet = yield* startFleet(world, { POSH_REDIS_URL: redis.url })
      const testbed = { world, fleet }
      const tally = makeTally()
      const ask = makeAsk(fleet, tally)
      const [certificate] = world.certificates
      const cached = ["modern", "old"].flatMap((kind) =>
        Array.from({ length: domains }, (_, index) => `${kind}-${index}.learnt.example`)
      ).map((domain) => constantQuestion(domain, certificate!, knownAnswers.verified))
      const purged = changingQuestion(purgedDomain, certificate!, [[knownAnswers.verified], [knownAnswers.verified]])

      for (const replica of fleet.ports.keys()) {
        yield* Effect.forEach([...cached, purged.question], (question) => ask(question, replica), { concurrency: 4 })
      }
      const count = { turn: 0 }
      const next = () => cached[(count.turn += 1) % cached.length]!
      const loading = yield* Effect.forkChild(keepAsking(fleet, tally, timing, next))
      yield* continueFor(tally, timing.beforeMs)

      world.origins.setFallback(() => Behave.status(503))
      tally.phase = "during"
      yield* breakRedis(redis)
      yield* Effect.sleep(noticeMs)
      // On the other replica it may verify until Redis has recovered.
      purged.allow([[knownAnswers.verified, knownAnswers.failing], [knownAnswers.verified, knownAnswers.failing]])
      yield* purge(fleet.ports[0] ?? 0, purgedDomain)
      purged.allow([[knownAnswers.failing], [knownAnswers.verified, knownAnswers.failing]])
      const checking = yield* Effect.forkChild(check(purged.question, testbed, ask))
      yield* continueFor(tally, timing.duringMs)

      const repairedAt = performance.now()
      yield* repairRedis(redis)
      const isReady = yield* allReady(testbed, timing.recoveryMs)
      const recoveredMs = performance.now() - repairedAt
      tally.phase = "after"
      yield* continueFor(tally, timing.propagationMs)
      purged.allow([[knownAnswers.failing], [knownAnswers.failing]])
      yield* continueFor(tally, timing.afterMs)
      yield* Fiber.interrupt(checking)
      yield* Fiber.interrupt(loading)
      return {
        ...tally.summary(),
        recoveredMs,
        disagreements: yield* awaitConsistency(fleet, [redis]),
        faults: isReady ? [] : [`not ready after ${timing.recoveryMs} ms`]
      }
    }))
  return { name, what, run }
}

/** A question whose right answers change; they depend on the replica. */
const changingQuestion = (
  domain: string,
  certificate: { readonly pem: string },
  first: ReadonlyArray<ReadonlyArray<KnownAnswer>>
): { readonly question: Question; readonly allow: (now: ReadonlyArray<ReadonlyArray<KnownAnswer>>) => void } => {
  const state = { allowed: first }
  return {
    question: {
      domain,
      body: toBody(domain, certificate),
      begin: (replica) => {
        const before = state.allowed[replica] ?? []
        return () => before
      }
    },
    allow: (now) => void (state.allowed = now)
  }
}

const check = (question: Question, { fleet }: Testbed, ask: ReturnType<typeof makeAsk>) =>
  Effect.forEach([...fleet.ports.keys()], (replica) => ask(question, replica)).pipe(
    Effect.andThen(Effect.sleep(100)),
    Effect.forever
  )

const allReady = ({ fleet }: Testbed, withinMs: number): Effect.Effect<boolean> =>
  Effect.map(Effect.forEach(fleet.ports, readiness), (states) => states.every((state) => state === "ready")).pipe(
    Effect.delay(100),
    Effect.repeat({ until: (ready) => ready, times: Math.ceil(withinMs / 100) })
  )
