/** Redis goes while the domains' hosts have trouble of their own: what was learnt before is all that there is. */
import { Behave, makeRedis, type RedisServer } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { toBody } from "../question.ts"
import { constant, type Question, type Right, right } from "./answers.ts"
import type { Course, Outcome } from "./Course.ts"
import { purge, readiness, startFleet } from "./fleet.ts"
import { asking, keepAsking } from "./load.ts"
import { goOn, settled } from "./run.ts"
import type { Play, Stage } from "./Scenario.ts"
import { makeTally } from "./Tally.ts"
import { makeWorld } from "./world.ts"

type Deed = (redis: RedisServer) => Effect.Effect<unknown>

/** Of each generation. */
const domains = 15
/** Milliseconds until a replica has noticed that Redis is gone. */
const noticeMs = 500
const purgedDomain = "modern-purged.learnt.example"

export const lossWithFailingOrigins: ReadonlyArray<Play> = [
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

function loss(name: string, what: string, lose: Deed, bringBack: Deed): Play {
  const play = (course: Course): Effect.Effect<Outcome> =>
    Effect.scoped(Effect.gen(function*() {
      const redis = yield* makeRedis()
      const world = yield* makeWorld
      const fleet = yield* startFleet(world, { POSH_REDIS_URL: redis.url })
      const stage = { world, fleet }
      const tally = makeTally()
      const ask = asking(fleet, tally)
      const [certificate] = world.certificates
      const learnt = ["modern", "old"].flatMap((kind) =>
        Array.from({ length: domains }, (_, index) => `${kind}-${index}.learnt.example`)
      ).map((domain) => constant(domain, certificate!, right.verified))
      const purged = mayBe(purgedDomain, certificate!, [[right.verified], [right.verified]])

      for (const replica of fleet.ports.keys()) {
        yield* Effect.forEach([...learnt, purged.question], (question) => ask(question, replica), { concurrency: 4 })
      }
      const count = { turn: 0 }
      const next = () => learnt[(count.turn += 1) % learnt.length]!
      const loading = yield* Effect.forkChild(keepAsking(fleet, tally, course, next))
      yield* goOn(tally, course.beforeMs)

      world.origins.setFallback(() => Behave.status(503))
      tally.phase = "during"
      yield* lose(redis)
      yield* Effect.sleep(noticeMs)
      // On the other replica it may verify until Redis is back.
      purged.allow([[right.verified, right.failing], [right.verified, right.failing]])
      yield* purge(fleet.ports[0] ?? 0, purgedDomain)
      purged.allow([[right.failing], [right.verified, right.failing]])
      const checking = yield* Effect.forkChild(check(purged.question, stage, ask))
      yield* goOn(tally, course.duringMs)

      const mendedAt = performance.now()
      yield* bringBack(redis)
      const isReady = yield* allReady(stage, course.recoveryMs)
      const recoveredMs = performance.now() - mendedAt
      tally.phase = "after"
      yield* goOn(tally, course.owedMs)
      purged.allow([[right.failing], [right.failing]])
      yield* goOn(tally, course.afterMs)
      yield* Fiber.interrupt(checking)
      yield* Fiber.interrupt(loading)
      return {
        ...tally.summary(),
        recoveredMs,
        disagreements: yield* settled(fleet, [redis]),
        faults: isReady ? [] : [`not ready after ${course.recoveryMs} ms`]
      }
    }))
  return { name, what, play }
}

/** A question whose right answers change; by replica. */
const mayBe = (
  domain: string,
  certificate: { readonly pem: string },
  first: ReadonlyArray<ReadonlyArray<Right>>
): { readonly question: Question; readonly allow: (now: ReadonlyArray<ReadonlyArray<Right>>) => void } => {
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

const check = (question: Question, { fleet }: Stage, ask: ReturnType<typeof asking>) =>
  Effect.forEach([...fleet.ports.keys()], (replica) => ask(question, replica)).pipe(
    Effect.andThen(Effect.sleep(100)),
    Effect.forever
  )

const allReady = ({ fleet }: Stage, withinMs: number): Effect.Effect<boolean> =>
  Effect.map(Effect.forEach(fleet.ports, readiness), (states) => states.every((state) => state === "ready")).pipe(
    Effect.delay(100),
    Effect.repeat({ until: (ready) => ready, times: Math.ceil(withinMs / 100) })
  )
