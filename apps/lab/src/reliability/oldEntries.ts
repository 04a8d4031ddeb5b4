/**
 * Expired entries, or entries that are not fresh enough, appear in Redis while a question waits: after a stall, after a
 * refused command, or by a replay attack. An entry of Redis is no evidence of what a domain asserts now (POSH-CAC-33), so
 * the same policy applies as at the first read.
 */
import { Behave, makeRedis, type RedisServer } from "@posh/testing"
import { Effect, Fiber, type Scope } from "effect"
import { draftPath, toBody } from "../question.ts"
import { type KnownAnswer, knownAnswers, type Question } from "./answers.ts"
import { environment, type Fleet, purge, readiness, startFleet, startReplica } from "./fleet.ts"
import { keepAsking, makeAsk } from "./load.ts"
import { monitor } from "./monitor.ts"
import { type Case, cases, hour, send, thirtyDays } from "./replays.ts"
import { request } from "./request.ts"
import { awaitConsistency, continueFor } from "./run.ts"
import type { CustomScenario } from "./Scenario.ts"
import { makeTally } from "./Tally.ts"
import type { Outcome, Timing } from "./Timing.ts"
import { makeWorld, type World } from "./world.ts"

/** Milliseconds after which the circuit breaker has closed again. */
const breakMs = 6_000

export const oldEntries: CustomScenario = {
  name: "old entries",
  what:
    "what a replica wrote 30 days ago, or an hour ago and the question wants younger, comes back while a question " +
    "waits: after a stall of 95 ms, after `MGET` was refused once, and put there, sealed as it was, by somebody who kept " +
    "it. The domains have withdrawn or changed their certificates since",
  run: (timing) => Effect.scoped(run(timing))
}

/** Each round tries every case once. It takes two seconds, or more if the circuit breaker opens. */
const run = Effect.fnUntraced(function*(timing: Timing): Effect.fn.Return<Outcome, never, Scope.Scope> {
  const redis = yield* makeRedis()
  const world = yield* makeWorld
  const rounds = Math.ceil(timing.duringMs / 2_000)
  const rows = Array.from({ length: rounds }, (_, round) => rowsOf(round)).flat()
  const values = yield* Effect.scoped(recordEntries(world, redis, rows))
  for (const { domain, kind, round } of rows) change(world, domain, kind, round)

  const fleet = yield* startFleet(world, { POSH_REDIS_URL: redis.url })
  const tally = makeTally()
  const count = { turn: 0 }
  const next = () => world.steady[(count.turn += 1) % world.steady.length]!
  const loading = yield* Effect.forkChild(keepAsking(fleet, tally, timing, next))
  yield* continueFor(tally, timing.beforeMs)
  tally.phase = "during"
  for (const [index, { replay, domain, kind, more }] of rows.entries()) {
    const replica = index % fleet.ports.length
    yield* ready(fleet, replica)
    const member = `{${domain}}:xmpp-server:${kind === "old" ? "draft" : "rfc7711"}`
    const ask = (further: object = {}) => makeAsk(fleet, tally)(about(world, domain, { ...more, ...further }), replica)
    yield* replay({ redis, member, value: values.get(`posh:v1:association:${member}`) ?? Buffer.of(), ask })
  }
  tally.phase = "after"
  yield* continueFor(tally, timing.afterMs)
  yield* Fiber.interrupt(loading)
  // Two of the cases leave an entry that is not in the index.
  yield* Effect.forEach(rows, ({ domain }) => purge(fleet.ports[0] ?? 0, domain), { discard: true })
  return {
    ...tally.summary(),
    recoveredMs: 0,
    disagreements: yield* awaitConsistency(fleet, [redis]),
    faults: values.size < rows.length ? [`${values.size} of ${rows.length} entries were learnt in the past`] : []
  }
})

interface Row extends Case {
  readonly round: number
  readonly domain: string
}

const rowsOf = (round: number): ReadonlyArray<Row> =>
  cases.map((it, index) => Object.assign({ round, domain: `${it.kind}-${round}-${index}.past.example` }, it))

/** Records the entries of replicas with a slow clock, and deletes them from Redis. */
const recordEntries = Effect.fnUntraced(function*(world: World, redis: RedisServer, rows: ReadonlyArray<Row>) {
  const { written } = yield* monitor(redis)
  for (const behindMs of [thirtyDays, hour]) {
    const behind = `data:text/javascript,${
      encodeURIComponent(`const { now } = Date; Date.now = () => now() - ${behindMs}`)
    }`
    const env = yield* environment(world, { POSH_REDIS_URL: redis.url, NODE_OPTIONS: `--import=${behind}` })
    const { port } = yield* startReplica(env)
    const asked = rows.filter((row) => row.behindMs === behindMs)
    yield* Effect.forEach(asked, ({ domain }) => request(port, "POST", "/v1/verify", about(world, domain, {}).body))
  }
  yield* Effect.sleep(200)
  const values = new Map([...written()].filter(([key]) => key.startsWith("posh:v1:association:")))
  yield* send(redis, "FLUSHALL")
  return values
})

/** Half of the `old` domains withdraw their document; all others publish another certificate. */
const change = (world: World, domain: string, kind: Case["kind"], round: number): void => {
  if (kind === "old" && round % 2 === 0) world.origins.setRoute(domain, draftPath, Behave.status(404))
  else world.publish(domain, world.certificates[1]!)
}

const answers: ReadonlyArray<KnownAnswer> = [knownAnswers.mismatch, knownAnswers.nothing, knownAnswers.late]

/** A question with the old certificate, which must not verify. */
const about = (world: World, domain: string, more: object): Question => ({
  domain,
  body: toBody(domain, world.certificates[0]!, more),
  begin: () => () => answers
})

/** While the circuit breaker is open, no entry is read from Redis: waits until it has closed. */
const ready = (fleet: Fleet, replica: number) =>
  Effect.delay(readiness(fleet.ports[replica] ?? 0), 20).pipe(
    Effect.repeat({ until: (state) => state === "ready", times: Math.ceil(breakMs / 20) })
  )
