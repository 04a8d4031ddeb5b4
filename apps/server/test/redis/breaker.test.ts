import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { admit, type Breaker, closed, settle, type Ticket } from "../../src/redis/breakerStates.ts"
import { type BreakerState, makeCircuitBreaker } from "../../src/redis/CircuitBreaker.ts"
import { RedisError, toRedisError } from "../../src/redis/RedisError.ts"

const period = 5_000
const open = (until: number, epoch = 1): Breaker => ({ _tag: "Open", epoch, until })
const probing: Breaker = { _tag: "Probing", epoch: 1 }

describe("the breaker", () => {
  const admissions: ReadonlyArray<readonly [string, Breaker, number, Breaker, Ticket | undefined]> = [
    ["closed: everything goes out", closed, 0, closed, { epoch: 0, probe: false }],
    ["open: nothing goes out", open(period), 0, open(period), undefined],
    ["open, a moment before the period ends", open(period), 4_999.9, open(period), undefined],
    ["the period is over: one probe", open(period), 5_000, probing, { epoch: 1, probe: true }],
    ["probing: nothing else goes out", probing, 9_999, probing, undefined]
  ]
  it.each(admissions)(
    "%s",
    (_, breaker, now, after, ticket) =>
      assert.deepStrictEqual(admit(breaker, now), { breaker: after, ...(ticket === undefined ? {} : { ticket }) })
  )

  const normal = { epoch: 0, probe: false }
  const probe = { epoch: 1, probe: true }
  const ends: ReadonlyArray<readonly [string, Breaker, Ticket, boolean, Breaker]> = [
    ["an answer keeps it closed", closed, normal, true, closed],
    ["a fault opens it for a period", closed, normal, false, open(100 + period)],
    ["a late answer does not close it", open(period), normal, true, open(period)],
    ["a late fault does not prolong it", open(period), normal, false, open(period)],
    ["a late answer is no probe", probing, normal, true, probing],
    ["a late fault is no probe", probing, normal, false, probing],
    ["the probe closes it", probing, probe, true, { _tag: "Closed", epoch: 1 }],
    ["the probe opens it anew", probing, probe, false, open(100 + period, 2)],
    ["a fault from before the outage says nothing after it", { _tag: "Closed", epoch: 1 }, normal, false, {
      _tag: "Closed",
      epoch: 1
    }]
  ]
  it.each(ends)(
    "%s",
    (_, breaker, ticket, usable, after) => assert.deepStrictEqual(settle(breaker, ticket, usable, 100, period), after)
  )
})

describe("the breaker", () => {
  const down = () => Promise.reject(new Error("Command timed out"))
  const up = () => Promise.resolve("PONG")
  const reasonOf = (effect: Effect.Effect<unknown, RedisError>) =>
    Effect.match(effect, { onFailure: ({ reason }) => reason, onSuccess: () => "ok" as const })

  it.effect("a slow Redis is touched once in a period, and again when it is over", () =>
    Effect.gen(function*() {
      const states: Array<BreakerState> = []
      const breaker = yield* makeCircuitBreaker({ periodMs: period })
      breaker.onChange((state) => states.push(state))
      const touched = { times: 0 }
      const send = (outcome: () => Promise<string>) =>
        reasonOf(breaker.run(() => {
          touched.times += 1
          return outcome()
        }))
      assert.strictEqual(yield* send(down), "timeout")
      for (let index = 0; index < 100; index += 1) assert.strictEqual(yield* send(up), "open")
      assert.strictEqual(touched.times, 1)
      yield* TestClock.adjust(period)
      assert.strictEqual(yield* send(down), "timeout")
      assert.strictEqual(yield* send(up), "open")
      yield* TestClock.adjust(period)
      assert.strictEqual(yield* send(up), "ok")
      assert.strictEqual(yield* send(up), "ok")
      assert.strictEqual(touched.times, 4)
      assert.deepStrictEqual(states, ["open", "closed"])
      assert.strictEqual(breaker.state(), "closed")
    }))

  it.effect("while the probe is out, nobody else waits", () =>
    Effect.gen(function*() {
      const breaker = yield* makeCircuitBreaker({ periodMs: period })
      yield* reasonOf(breaker.run(down))
      yield* TestClock.adjust(period)
      const { promise, resolve } = Promise.withResolvers<string>()
      const probe = yield* Effect.forkChild(reasonOf(breaker.run(() => promise)), { startImmediately: true })
      assert.strictEqual(yield* reasonOf(breaker.run(up)), "open")
      resolve("PONG")
      assert.strictEqual(yield* Fiber.join(probe), "ok")
      assert.strictEqual(yield* reasonOf(breaker.run(up)), "ok")
    }))

  it.effect("an impatient caller's command still tells that Redis is slow", () =>
    Effect.gen(function*() {
      const breaker = yield* makeCircuitBreaker()
      const { promise, reject } = Promise.withResolvers<string>()
      const caller = yield* Effect.forkChild(breaker.run(() => promise), { startImmediately: true })
      yield* Fiber.interrupt(caller)
      assert.strictEqual(breaker.state(), "closed")
      reject(new Error("Command timed out"))
      yield* Effect.promise(() => Promise.resolve())
      assert.strictEqual(breaker.state(), "open")
    }))

  it.effect("a refusal is an answer", () =>
    Effect.gen(function*() {
      const breaker = yield* makeCircuitBreaker()
      const refused = () => Promise.reject(new RedisError({ reason: "refused", word: "OOM" }))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(breaker.run(refused))))
      assert.strictEqual(breaker.state(), "closed")
    }))
})

describe("toRedisError says nothing that a server or a URL says", () => {
  const rows: ReadonlyArray<readonly [unknown, string]> = [
    [new Error("Command timed out"), "timeout"],
    [new Error("connect to redis://user:secret@host failed"), "connection"],
    [Object.assign(new Error("secret"), { code: "ECONNREFUSED" }), "connection (ECONNREFUSED)"],
    [Object.assign(new Error("secret"), { code: "the secret" }), "connection"],
    ["secret", "connection"],
    [undefined, "connection"]
  ]
  it.each(rows)("%s → %s", (cause, message) => assert.strictEqual(toRedisError(cause).message, message))
})
