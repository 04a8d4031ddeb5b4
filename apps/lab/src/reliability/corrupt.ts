/** Overwrites entries as an attacker does who can write to Redis but lacks our secret. */
import type { RedisServer } from "@posh/testing"
import { Effect, Fiber, type Scope } from "effect"
import { randomBytes } from "node:crypto"

type Corruption = (redis: RedisServer, key: string, keys: ReadonlyArray<string>) => Effect.Effect<unknown, unknown>

const set = (value: string | Uint8Array): Corruption => (redis, key) => redis.command("SET", key, value)

const corruptions: ReadonlyArray<Corruption> = [
  set(""),
  set("garbage"),
  set(JSON.stringify({ material: { _tag: "Fingerprints", descriptors: [] } })),
  set(Buffer.concat([Buffer.of(1), randomBytes(300)])), // looks sealed
  set("x".repeat(2 * 1024 * 1024)),
  // A valid entry under another key.
  (redis, key, keys) => redis.command("COPY", keys[keys.indexOf(key) - 1] ?? key, key, "REPLACE"),
  (redis, key) => Effect.andThen(redis.command("DEL", key), redis.command("RPUSH", key, "a list"))
]

/** Milliseconds. A shorter interval would exhaust the budgets of the origins. */
const everyMs = 3_000

export const corrupt = (
  redis: RedisServer
): Effect.Effect<{ readonly begin: Effect.Effect<void>; readonly end: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const state: { fiber?: Fiber.Fiber<unknown>; turn: number } = { turn: 0 }
    const round = Effect.gen(function*() {
      const keys = (yield* redis.command("KEYS", "posh:v1:[af]*")) as ReadonlyArray<string>
      for (const key of keys) {
        state.turn += 1
        const corruption = corruptions[state.turn % corruptions.length]
        if (corruption !== undefined) yield* corruption(redis, key, keys)
      }
      yield* redis.command("ZADD", "posh:v1:expiry", "9999999999999", "garbage", "9999999999999", "{a b}:c:d")
    }).pipe(Effect.orDie)
    return {
      begin: Effect.gen(function*() {
        yield* round
        state.fiber = yield* Effect.forkIn(Effect.forever(Effect.andThen(Effect.sleep(everyMs), round)), scope)
      }),
      end: Effect.gen(function*() {
        if (state.fiber !== undefined) yield* Fiber.interrupt(state.fiber)
        // Keys without a TTL are garbage that was not read since: no entry of ours lacks a TTL.
        for (const key of (yield* redis.command("KEYS", "posh:v1:[af]*")) as ReadonlyArray<string>) {
          if ((yield* redis.command("PTTL", key)) === -1) yield* redis.command("DEL", key)
        }
      }).pipe(Effect.orDie)
    }
  })
