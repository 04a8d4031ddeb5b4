/**
 * Shares the usage of callers among replicas through Redis, so that all together allow about as much as one. Eventually
 * consistent: a replica decides by its local buckets and reconciles them afterwards, so no answer waits for Redis.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Latch, References, type Scope } from "effect"
import { createHash } from "node:crypto"
import { makeRedisClient, type RedisClient } from "../../redis/Client.ts"
import type { RedisSettings } from "../../redis/options.ts"
import type { Buckets, Usage } from "./Buckets.ts"

/** Milliseconds between two rounds, and maximum of accounts in one; the rest wait for the next round. */
const intervalMs = 250
const accountsPerRound = 256

/**
 * A bucket in Redis is the instant at which it will be full again, by the clock of Redis; that is also its expiry. Returns
 * the milliseconds until then.
 */
const addUsage = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('get', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
redis.call('set', KEYS[1], string.format('%.3f', full), 'PXAT', string.format('%.0f', math.ceil(full)))
return string.format('%.3f', full - now)`

/**
 * Shares buckets until the scope closes. Uses a connection of its own, so that neither this nor the cache queues behind
 * the other or opens its circuit breaker. Logs nothing: the cache logs the state of Redis.
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
      // The first use after a pause is shared at once, because other replicas may have used up the limit meanwhile.
      const shareOnce = taken.await.pipe(
        Effect.andThen(taken.close),
        Effect.andThen(sharePending(client, own, `${prefix}v1:quota:`, name)),
        Effect.tap((isAll) => isAll ? Effect.void : taken.open),
        Effect.andThen(Effect.sleep(intervalMs))
      )
      yield* Effect.forkScoped(Effect.forever(shareOnce))
    }
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

/** True if no usage is left. */
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

/** Usage during an outage of Redis is not shared later. */
const shareOne = (client: RedisClient, buckets: Buckets, prefix: string, name: string, { account, owedMs }: Usage) =>
  client.send("EVAL", addUsage, 1, `${prefix}{${hashAccount(account)}}:${name}`, owedMs.toFixed(3)).pipe(
    Effect.flatMap((reply) =>
      Clock.clockWith((clock) =>
        Effect.sync(() => buckets.reconcile({ account, owedMs: Number(reply) }, monotonicMsOf(clock)))
      )
    ),
    Effect.ignore
  )

/** Readers of Redis must not see who the callers are. */
const hashAccount = (account: string): string => createHash("sha256").update(account).digest("base64url").slice(0, 22)
