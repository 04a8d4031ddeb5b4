/** A store over a real Redis. */
import { defaultPolicy } from "@posh/core"
import { type LifetimePolicy, makeMemoryStore, makeTieredStore } from "@posh/core/cache"
import { makeRedis, type RedisServer } from "@posh/testing"
import { Effect, Exit, Redacted, Result, Scope } from "effect"
import { makeChanges } from "../../src/redis/Changes.ts"
import { makeRedisClient, type RedisClient } from "../../src/redis/Client.ts"
import { makeFaultLog } from "../../src/redis/FaultLog.ts"
import type { RedisSettings } from "../../src/redis/options.ts"
import { makeRedisFleet } from "../../src/redis/RedisFleet.ts"
import { makeRedisLookups } from "../../src/redis/RedisLookups.ts"
import { makeRedisStore } from "../../src/redis/RedisStore.ts"
import { makeSeal } from "../../src/redis/seal.ts"
import { parseServers, type RedisMode } from "../../src/redis/Servers.ts"

export interface StoreOptions {
  readonly mode?: RedisMode
  readonly secrets?: ReadonlyArray<string>
  readonly timeoutMs?: number
  readonly breakerMs?: number
  readonly policy?: LifetimePolicy
  /** Runs once, before this command is sent for the first time. */
  readonly before?: { readonly command: string; readonly run: Effect.Effect<unknown> }
}

/** A short time-out for tests in which Redis fails; `calm` for others, so a busy machine does not fail them. */
export const timeoutMs = 100
export const calm = { timeoutMs: 2_000 } as const
export const breakerMs = 300

const settingsOf = (url: string, options: StoreOptions): RedisSettings => ({
  servers: Result.getOrThrow(parseServers(url)),
  mode: options.mode ?? "standalone",
  timeoutMs: options.timeoutMs ?? timeoutMs,
  breakerMs: options.breakerMs ?? breakerMs
})

const sealOf = ({ secrets }: StoreOptions) => makeSeal(secrets === undefined ? undefined : Redacted.make(secrets))

/** The Redis client and store of a process. */
export const connect = (url: string, options: StoreOptions = {}) =>
  Effect.gen(function*() {
    const client = yield* makeRedisClient(settingsOf(url, options))
    const faults = yield* makeFaultLog
    const seal = sealOf(options)
    const store = yield* makeRedisStore({
      client: interrupted(client, options.before),
      prefix: "posh:",
      seal,
      faults,
      policy: options.policy ?? defaultPolicy
    })
    return { client, store, faults }
  })

/** A replica of a fleet: two-tier store, channel of changes, and leadership. */
export const connectReplica = (url: string, options: StoreOptions = calm) =>
  Effect.gen(function*() {
    const { client, store: far, faults } = yield* connect(url, options)
    const changes = yield* makeChanges(settingsOf(url, options), client, "posh:")
    const near = yield* makeMemoryStore({ entries: 100, octets: 1e6 })
    const store = yield* makeTieredStore(near, far, changes)
    const fleet = yield* makeRedisFleet(client, changes, "posh:")
    const lookups = yield* makeRedisLookups({ client, prefix: "posh:", seal: sealOf(options), faults, changes })
    const stands = Effect.callback<void>((resume) => {
      const scope = Effect.runSync(Scope.make())
      const listen = changes.listen({ changed: () => {}, lost: () => {}, back: () => resume(Effect.void) })
      Effect.runSync(Scope.provide(listen, scope))
      return Scope.close(scope, Exit.void)
    })
    yield* stands
    return { client, far, near, store, fleet, lookups, changes, faults }
  })

const interrupted = (client: RedisClient, before: StoreOptions["before"]): RedisClient => {
  const done = { is: false }
  return {
    ...client,
    send: (command, ...args) =>
      Effect.suspend(() => {
        if (command !== before?.command || done.is) return client.send(command, ...args)
        done.is = true
        return Effect.andThen(before.run, client.send(command, ...args))
      })
  }
}

/** A Redis and a store over it. */
export const makeWorld = (options: StoreOptions & Parameters<typeof makeRedis>[0] = {}) =>
  Effect.gen(function*() {
    const redis = yield* makeRedis(options)
    return { redis, ...(yield* connect(redis.url, options)) }
  })

/** Members of the index without association, and associations without member. */
export const disagreement = (redis: RedisServer) =>
  Effect.gen(function*() {
    const keys = (yield* redis.command("KEYS", "posh:v1:association:*")) as ReadonlyArray<string>
    const members = (yield* redis.command("ZRANGE", "posh:v1:expiry", "0", "-1")) as ReadonlyArray<string>
    const named = members.map((member) => `posh:v1:association:${member}`)
    return {
      dangling: named.filter((name) => !keys.includes(name)),
      unindexed: keys.filter((name) => !named.includes(name))
    }
  })
