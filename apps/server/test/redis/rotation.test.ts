/**
 * The password of Redis changes, without a restart: in the file first, or in Redis first.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled, makeRedis, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { writeFile } from "node:fs/promises"
import { makeFolder } from "../access/world.ts"
import { replica, said, until } from "./replica.ts"

beforeAll(() => {
  ensureInstalled("redis-server", "--version")
}, 180_000)

const rights = ["~*", "&*", "+@all"]
const setPassword = ({ command }: RedisServer, word: string) =>
  command("ACL", "SETUSER", "posh", "on", "resetpass", `>${word}`, ...rights)

/** As if Redis had been restarted: every connection has to authenticate again. */
const cut = ({ command }: RedisServer) =>
  Effect.andThen(
    command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"),
    command("CLIENT", "KILL", "TYPE", "pubsub")
  )

describe.concurrent("POSH_REDIS_URL_FILE with a new password", () => {
  const orders: ReadonlyArray<
    readonly [
      name: string,
      steps: ReadonlyArray<(redis: RedisServer, write: Effect.Effect<void>) => Effect.Effect<unknown, unknown>>
    ]
  > = [
    ["the file first", [(_, write) => write, (redis) => setPassword(redis, "second"), cut]],
    ["Redis first", [(redis) => setPassword(redis, "second"), cut, () => Effect.sleep(3_000), (_, write) => write]]
  ]
  for (const [name, steps] of orders) {
    it.live(`connects anew: ${name}`, () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const file = (yield* makeFolder)("url")
        const write = (word: string) =>
          Effect.promise(() => writeFile(file, `${redis.url.replace("//", `//posh:${word}@`)}\n`))
        yield* setPassword(redis, "first")
        yield* write("first")
        const { channelUp, lines, state } = yield* replica({
          POSH_REDIS_URL_FILE: file,
          POSH_CACHE_SECRET: "s".repeat(32)
        })
        const isWell = Effect.zipWith(state, channelUp, (now, up) => now === "ready" && up === 1)
        yield* until("it is well before", isWell)

        for (const step of steps) {
          yield* step(redis, write("second"))
          yield* Effect.sleep(1_500)
        }
        yield* until("it is well again", isWell)
        // With the new password alone: what was open before is gone.
        yield* cut(redis)
        yield* Effect.sleep(1_000)
        yield* until("it stays well", isWell)
        assert.strictEqual(said(lines, "POSH_REDIS_URL_FILE: has a new value").length, 1)
        assert.notMatch(JSON.stringify(lines), /first|second/)
      }).pipe(Effect.scoped), 120_000)
  }
})
