/**
 * The limits of a listener, shared with the other replicas where there is a Redis.
 */
import { Effect, Layer } from "effect"
import type { Server } from "node:net"
import type { Settings } from "../../config/variables.ts"
import { boundConnections } from "../../http/limits/Connections.ts"
import { Limits } from "./Limits.ts"

export type LimitSettings = Pick<
  Settings,
  | "maxInFlight"
  | "maxConnections"
  | "callerRate"
  | "callerResolutions"
  | "redisUrl"
  | "redisMode"
  | "redisTimeout"
  | "redisPrefix"
>

export const layerLimits = (listener: Server, settings: LimitSettings): Layer.Layer<Limits> =>
  Layer.effectDiscard(Effect.andThen(boundConnections(listener, settings.maxConnections), share(settings))).pipe(
    Layer.provideMerge(Limits.layer(settings))
  )

/** Redis and its client are loaded only where there is one: they would slow the start of everybody else. */
const share = ({ redisMode, redisPrefix, redisTimeout, redisUrl }: LimitSettings) =>
  Effect.gen(function*() {
    const { buckets } = yield* Limits
    if (redisUrl === undefined || buckets.size === 0) return
    const { shareBuckets } = yield* Effect.promise(() => import("./Sharing.ts"))
    const redis = { servers: redisUrl, mode: redisMode, timeoutMs: redisTimeout }
    yield* shareBuckets(buckets, redis, redisPrefix)
  })
