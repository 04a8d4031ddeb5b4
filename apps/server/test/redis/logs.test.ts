import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { makeFaultLog } from "../../src/redis/FaultLog.ts"
import { keyOf, redisKey } from "./things.ts"
import { makeWorld } from "./world.ts"

/** The log lines of an effect. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
    return Effect.as(effect, lines).pipe(Effect.provide(Logger.layer([logger])))
  })
const messagesOf = (lines: ReadonlyArray<string>) => lines.map((line) => String(JSON.parse(line).message))

describe("troubles are logged when they begin, not each", () => {
  it.live("an outage, without the password", () =>
    Effect.gen(function*() {
      const lines = yield* logged(Effect.scoped(Effect.gen(function*() {
        const { client, redis, store } = yield* makeWorld({ password: "hunter2", breakerMs: 50 })
        const ask = Effect.forEach(Array.from({ length: 20 }), () =>
          Effect.andThen(store.get(keyOf("a")), Effect.sleep(20)))
        yield* ask
        yield* redis.kill()
        yield* ask
        yield* redis.restart()
        while (client.state() === "open") {
          yield* ask
        }
        yield* ask
      })))
      assert.deepStrictEqual(messagesOf(lines).sort(), [
        "Connected to Redis",
        "Connected to Redis",
        "No connection to Redis",
        "Redis answers again",
        "Redis cannot be used, answers go on without it"
      ])
      assert.notInclude(lines.join(), "hunter2")
    }), 120_000)

  it.live("garbage", () =>
    Effect.gen(function*() {
      const lines = yield* logged(Effect.scoped(Effect.gen(function*() {
        const { redis, store, faults } = yield* makeWorld()
        yield* redis.command("SET", redisKey(keyOf("a")), "garbage")
        for (let index = 0; index < 50; index += 1) yield* store.get(keyOf("a"))
        assert.strictEqual(faults.counts.undecodable, 50)
      })))
      assert.deepStrictEqual(messagesOf(lines), [
        "Connected to Redis",
        "Redis holds values that are neither associations nor look-ups"
      ])
    }))

  it.effect("a trouble that rested for a minute begins anew", () =>
    Effect.gen(function*() {
      const lines = yield* logged(Effect.gen(function*() {
        const faults = yield* makeFaultLog
        yield* faults.note("oversized")
        yield* TestClock.adjust("59 seconds")
        yield* faults.note("oversized")
        yield* TestClock.adjust("59 seconds")
        yield* faults.note("oversized")
        yield* TestClock.adjust("60 seconds")
        yield* faults.note("oversized")
        yield* faults.note("refused", "WRONGTYPE")
        yield* faults.note("refused", "OOM") // logged with the command
      }))
      assert.deepStrictEqual(messagesOf(lines), [
        "A value is too large for Redis",
        "A value is too large for Redis",
        "Redis holds values of another type"
      ])
    }))
})
