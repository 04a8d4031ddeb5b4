/**
 * The layer of the limits, shared among replicas if Redis is configured.
 */
import { Effect, Layer } from "effect"
import type { Settings } from "../../config/variables.ts"
import { Limits } from "./Limits.ts"

export type LimitSettings =
  & Pick<
    Settings,
    | "maxInFlight"
    | "callerRate"
    | "callerResolutions"
    | "redisUrl"
    | "redisMode"
    | "redisTimeout"
    | "redisPrefix"
  >
  & Partial<Pick<Settings, "workers">>

export const layerLimits = (settings: LimitSettings): Layer.Layer<Limits> =>
  Layer.effectDiscard(share(settings)).pipe(Layer.provideMerge(Limits.layer(settings)))

/** Imports the Redis client lazily, because it slows the start. */
const share = ({ redisMode, redisPrefix, redisTimeout, redisUrl }: LimitSettings) =>
  Effect.gen(function*() {
    const { buckets } = yield* Limits
    if (redisUrl === undefined || buckets.size === 0) return
    const { shareBuckets } = yield* Effect.promise(() => import("./Sharing.ts"))
    const redis = { servers: redisUrl, mode: redisMode, timeoutMs: redisTimeout }
    yield* shareBuckets(buckets, redis, redisPrefix)
  })
