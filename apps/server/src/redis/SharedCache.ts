/**
 * What a fleet shares over one Redis: the far store, the channel of changes, and leadership.
 */
import type { Policy } from "@posh/core"
import {
  AssociationStore,
  Fleet,
  type FleetShape,
  LookupStore,
  type LookupStoreShape,
  makeMemoryStore,
  makeTieredStore
} from "@posh/core/cache"
import { Context, Effect, FiberHandle, Layer, Schedule } from "effect"
import type { ConfigError } from "../config/Config.ts"
import { secretOf } from "../config/Secrets.ts"
import type { Settings } from "../config/variables.ts"
import { Readiness } from "../service/Readiness.ts"
import { observeChannel, observeRedis } from "../telemetry/redis.ts"
import { makeChanges } from "./Changes.ts"
import { makeRedisClient } from "./Client.ts"
import { readRedisTls } from "./connection/tlsFiles.ts"
import { makeFaultLog } from "./FaultLog.ts"
import { reportHealth } from "./health.ts"
import type { RedisSettings } from "./options.ts"
import { makeProbes } from "./probes.ts"
import type { RedisError } from "./RedisError.ts"
import { makeRedisFleet } from "./RedisFleet.ts"
import { makeRedisLookups } from "./RedisLookups.ts"
import { makeRedisStore } from "./RedisStore.ts"
import { makeChangingSeal } from "./seal.ts"
import type { Servers } from "./Servers.ts"

class SharedCache extends Context.Service<SharedCache, {
  readonly store: AssociationStore["Service"]
  readonly lookups: LookupStoreShape
  readonly fleet: FleetShape
}>()("posh/server/SharedCache") {}

/** The cache of a fleet, in two tiers: the memory of this process in front of the shared store. Fails by its files. */
export const layerShared = (
  settings: Settings,
  servers: Servers,
  policy: Policy
): Layer.Layer<AssociationStore, ConfigError> => {
  const shared = Layer.effect(
    SharedCache,
    Effect.gen(function*() {
      const tls = yield* readRedisTls(settings)
      const url = yield* secretOf("redisUrl", servers)
      const redis: RedisSettings = {
        get servers() {
          return url.current() ?? servers
        },
        mode: settings.redisMode,
        timeoutMs: settings.redisTimeout,
        tls
      }
      const prefix = settings.redisPrefix
      const faults = yield* makeFaultLog
      const client = yield* observeRedis(yield* makeRedisClient(redis), faults)
      const changes = yield* observeChannel(yield* makeChanges(redis, client, prefix))
      yield* reportHealth(client, changes, makeProbes(prefix))
      const renew = Effect.tap(client.renew, (fault) => fault === undefined ? changes.renew : Effect.void)
      yield* tls.follow(renew)
      url.onChange(yield* renewUntilDone(renew))
      const seal = makeChangingSeal(yield* secretOf("cacheSecret", settings.cacheSecret))
      const far = yield* makeRedisStore({ client, prefix, seal, faults, policy })
      const near = yield* memory(policy)
      const store = yield* makeTieredStore(near, far, changes)
      const lookups = yield* makeRedisLookups({ client, prefix, seal, faults, changes })
      const replay = Effect.all([far.replay((key) => near.recall(key).association), lookups.replay]).pipe(
        Effect.flatMap((keys) => Effect.forEach(keys.flat(), changes.announce, { discard: true }))
      )
      // Pending writes are in memory only.
      yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(replay, flushTime)))
      yield* Effect.forkScoped(Effect.repeat(replay, Schedule.spaced(replayInterval)))
      yield* Effect.forkScoped(Effect.repeat(Effect.andThen(far.prune, lookups.prune), Schedule.spaced(pruneInterval)))
      return { store, lookups, fleet: yield* makeRedisFleet(client, changes, prefix) }
    })
  )
  return Layer.mergeAll(
    Layer.effect(AssociationStore, Effect.map(SharedCache, ({ store }) => store)),
    Layer.effect(LookupStore, Effect.map(SharedCache, ({ lookups }) => lookups)),
    Layer.effect(Fleet, Effect.map(SharedCache, ({ fleet }) => fleet))
  ).pipe(Layer.provide(shared), Layer.provide(Readiness.layer))
}

/**
 * Connects anew with what is current. Where that fails, it tries again: the old connection may stand as long as it works, but
 * would come back with the old password. The returned effect does not wait; it ends the attempts of an earlier change.
 */
const renewUntilDone = (renew: Effect.Effect<RedisError | undefined>) =>
  Effect.map(FiberHandle.make<RedisError | undefined>(), (attempts) =>
    Effect.asVoid(FiberHandle.run(
      attempts,
      Effect.repeat(renew, { until: (fault) => fault === undefined, schedule: Schedule.spaced(renewInterval) })
    )))

const memory = ({ cacheEntries, cacheOctets }: Policy) =>
  makeMemoryStore({ entries: cacheEntries, octets: cacheOctets })

const replayInterval = "1 second"
const pruneInterval = "5 seconds"
const renewInterval = "2 seconds"
const flushTime = "1 second"
