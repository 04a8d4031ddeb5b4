import { assert, describe, it } from "@effect/vitest"
import { makeRedis } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { toRedisError } from "../../src/redis/RedisError.ts"
import { makeReplyTimeout } from "../../src/redis/ReplyTimeout.ts"
import { connect, timeoutMs } from "./world.ts"

/** Blocks the event loop. */
const beBusy = (milliseconds: number) => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

describe("a reply is waited for", () => {
  it.live("as long as the time-out says", () =>
    Effect.gen(function*() {
      const { wait } = yield* makeReplyTimeout(timeoutMs)
      const start = performance.now()
      const error = yield* Effect.flip(Effect.tryPromise({
        try: () => wait(new Promise(() => undefined)),
        catch: toRedisError
      }))
      assert.strictEqual(error.reason, "timeout")
      assert.isAtLeast(performance.now() - start, timeoutMs * 0.9)
    }))

  it.live("and longer where it was this process that did not look", () =>
    Effect.gen(function*() {
      const { client } = yield* connect((yield* makeRedis()).url)
      for (let turn = 0; turn < 3; turn += 1) {
        const asked = yield* Effect.forkChild(client.send("PING"), { startImmediately: true })
        beBusy(timeoutMs * 3)
        assert.strictEqual(String(yield* Fiber.join(asked)), "PONG")
      }
      assert.strictEqual(client.state(), "closed")
    }))
})
