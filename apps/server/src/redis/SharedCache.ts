/**
 * What a fleet shares over one Redis: the far store, the channel of changes, and leadership.
 */
import type { Policy } from "@posh/core"
import { AssociationStore, Fleet, type FleetShape, makeMemoryStore, makeTieredStore } from "@posh/core/cache"
import { Context, Effect, Layer, Schedule } from "effect"
import type { Settings } from "../config/variables.ts"
import { Readiness } from "../service/Readiness.ts"
import { observeRedis } from "../telemetry/redis.ts"
import { makeChanges } from "./Changes.ts"
import { makeRedisClient, type RedisClient } from "./Client.ts"
import { makeFaultLog } from "./FaultLog.ts"
import type { RedisSettings } from "./options.ts"
import { makeRedisFleet } from "./RedisFleet.ts"
import { makeRedisStore } from "./RedisStore.ts"
import { makeSeal } from "./seal.ts"
import type { Servers } from "./Servers.ts"

class SharedCache extends Context.Service<SharedCache, {
  readonly store: AssociationStore["Service"]
  readonly fleet: FleetShape
}>()("posh/server/SharedCache") {}

/** The cache of a fleet, in two tiers: the memory of this process in front of the shared store. */
export const layerShared = (settings: Settings, servers: Servers, policy: Policy): Layer.Layer<AssociationStore> => {
  const shared = Layer.effect(
    SharedCache,
    Effect.gen(function*() {
      const redis: RedisSettings = { servers, mode: settings.redisMode, timeoutMs: settings.redisTimeout }
      const prefix = settings.redisPrefix
      const faults = yield* makeFaultLog
      const client = yield* observeRedis(yield* makeRedisClient(redis), faults)
      yield* reportState(client)
      const changes = yield* makeChanges(redis, client, prefix)
      const seal = makeSeal(settings.cacheSecret)
      const far = yield* makeRedisStore({ client, prefix, seal, faults, policy })
      const near = yield* memory(policy)
      const store = yield* makeTieredStore(near, far, changes)
      const replay = Effect.flatMap(
        far.replay((key) => near.recall(key).association),
        (keys) => Effect.forEach(keys, changes.announce, { discard: true })
      )
      // Pending writes are in memory only.
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(replay, flushTime)))
      yield* Effect.forkScoped(Effect.repeat(replay, Schedule.spaced(replayInterval)))
      yield* Effect.forkScoped(Effect.repeat(far.prune, Schedule.spaced(pruneInterval)))
      return { store, fleet: yield* makeRedisFleet(client, changes, prefix) }
    })
  )
  return Layer.mergeAll(
    Layer.effect(AssociationStore, Effect.map(SharedCache, ({ store }) => store)),
    Layer.effect(Fleet, Effect.map(SharedCache, ({ fleet }) => fleet))
  ).pipe(Layer.provide(shared), Layer.provide(Readiness.layer))
}

const memory = ({ cacheEntries, cacheOctets }: Policy) =>
  makeMemoryStore({ entries: cacheEntries, octets: cacheOctets })

/**
 * Without Redis the service answers from memory and origins: degraded, not down. PING detects an outage without
 * traffic.
 */
const reportState = (client: RedisClient) =>
  Effect.gen(function*() {
    const readiness = yield* Readiness
    const runFork = Effect.runForkWith(yield* Effect.context())
    const report = (state: "closed" | "open") => void runFork(readiness.degrade(state === "open"))
    yield* Effect.acquireRelease(Effect.sync(() => client.onChange(report)), (forget) => Effect.sync(forget))
    report(client.state())
    yield* Effect.ignore(client.send("PING")).pipe(
      Effect.repeat(Schedule.spaced(pingInterval)),
      Effect.forkScoped
    )
  })

const pingInterval = "1 second"
const replayInterval = "1 second"
const pruneInterval = "5 seconds"
const flushTime = "1 second"
