/**
 * Replicas tell each other through Redis what callers took, so that all together allow about as much as one alone. Never
 * in the way of an answer: each replica decides by what it knows, and learns a moment later what the others gave.
 */
import { monotonicMsOf } from "@posh/core"
import { Clock, Effect, Latch, References, type Scope } from "effect"
import { createHash } from "node:crypto"
import { makeRedisClient, type RedisClient } from "../../redis/Client.ts"
import type { RedisSettings } from "../../redis/options.ts"
import type { Buckets, Usage } from "./Buckets.ts"

/** Milliseconds between one telling and the next, and accounts told of at a time: more wait for the next time. */
const intervalMs = 250
const accountsPerRound = 256

/**
 * A bucket in Redis is the instant at which it will be full again, by the clock of Redis, and gone by then. Answers for
 * how long that is.
 */
const addUsage = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('get', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
redis.call('set', KEYS[1], string.format('%.3f', full), 'PXAT', string.format('%.0f', math.ceil(full)))
return string.format('%.3f', full - now)`

/**
 * Shares buckets for as long as the scope lasts. The connection is one of its own, so that neither the cache nor this waits for the
 * other, or takes the other's breaker along. It says nothing of Redis: the cache does.
 */
export const shareBuckets = (
  buckets: ReadonlyMap<string, Buckets>,
  redis: RedisSettings,
  prefix: string
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* makeRedisClient(redis)
    for (const [name, own] of buckets) {
      const taken = Latch.makeUnsafe(false)
      yield* Effect.acquireRelease(
        Effect.sync(() => own.onTake(() => taken.openUnsafe())),
        (unsubscribe) => Effect.sync(unsubscribe)
      )
      // At once after a pause, in which others may have given much; then every so often.
      const shareOnce = taken.await.pipe(
        Effect.andThen(taken.close),
        Effect.andThen(sharePending(client, own, `${prefix}v1:quota:`, name)),
        Effect.tap((isAll) => isAll ? Effect.void : taken.open),
        Effect.andThen(Effect.sleep(intervalMs))
      )
      yield* Effect.forkScoped(Effect.forever(shareOnce))
    }
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

/** Was that all? */
const sharePending = (client: RedisClient, buckets: Buckets, prefix: string, name: string): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const pending = buckets.pending(accountsPerRound)
    return Effect.as(
      Effect.forEach(pending, (usage) => shareOne(client, buckets, prefix, name, usage), {
        concurrency: "unbounded",
        discard: true
      }),
      pending.length < accountsPerRound
    )
  })

/** Where Redis is away nothing is learnt, and what was taken in the meantime is not told later. */
const shareOne = (client: RedisClient, buckets: Buckets, prefix: string, name: string, { account, owedMs }: Usage) =>
  client.send("EVAL", addUsage, 1, `${prefix}{${hashAccount(account)}}:${name}`, owedMs.toFixed(3)).pipe(
    Effect.flatMap((reply) =>
      Clock.clockWith((clock) =>
        Effect.sync(() => buckets.reconcile({ account, owedMs: Number(reply) }, monotonicMsOf(clock)))
      )
    ),
    Effect.ignore
  )

/** Who asks is nobody's business who reads Redis. */
const hashAccount = (account: string): string => createHash("sha256").update(account).digest("base64url").slice(0, 22)
