/**
 * The change messages between replicas, through the simulated Redis: as `Changes` of the service.
 */
import type { CacheKey, Changes } from "@posh/core/cache"
import { Effect } from "effect"
import type { Timers } from "../time/VirtualTime.ts"
import type { SimulatedRedis } from "./SimulatedRedis.ts"

export interface SimulatedChanges extends Changes {
  readonly hasPending: () => boolean
  /** Sends what could not be sent while Redis was down. */
  readonly announcePending: Effect.Effect<void>
}

/** Announcements in one round. */
const batch = 500

export const makeChanges = (redis: SimulatedRedis, time: Timers, replica: number): SimulatedChanges => {
  const pending = new Map<string, CacheKey>()
  const announce = (key: CacheKey): Effect.Effect<boolean> =>
    Effect.callback((resume) => {
      if (!redis.isUp()) {
        pending.set(key.text, key)
        return resume(Effect.succeed(false))
      }
      pending.delete(key.text)
      redis.count("announce")
      redis.publish(replica, key.text)
      time.at(time.now() + redis.latencyMs, () => resume(Effect.succeed(true)))
    })
  return {
    announce,
    hasPending: () => pending.size > 0,
    announcePending: Effect.suspend(() =>
      redis.isUp() && pending.size > 0
        ? Effect.forEach([...pending.values()].slice(0, batch), announce, { discard: true })
        : Effect.void
    ),
    listen: (listener) =>
      Effect.asVoid(Effect.acquireRelease(
        Effect.sync(() => redis.listen(replica, listener)),
        (stop) => Effect.sync(stop)
      ))
  }
}
