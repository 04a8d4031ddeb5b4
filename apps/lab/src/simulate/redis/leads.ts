/**
 * Who asks an origin for the fleet, by leases in the simulated Redis: as `RedisFleet` of the service.
 */
import type { CacheKey, FleetShape, Follow, Lead } from "@posh/core/cache"
import { Effect } from "effect"
import type { Timers } from "../time/VirtualTime.ts"
import type { SimulatedRedis } from "./SimulatedRedis.ts"

const renewMs = 500
const pollMs = 100

export interface Leads extends FleetShape {
  /** Another replica changed the key, or may have. */
  readonly changed: (keyText: string) => void
  readonly allChanged: () => void
}

export const makeLeads = (redis: SimulatedRedis, time: Timers): Leads => {
  const callbacks = new Map<string, Set<() => void>>()
  const onChange = ({ text }: CacheKey, run: () => void): () => void => {
    const own = callbacks.get(text) ?? new Set()
    callbacks.set(text, own.add(run))
    return () => {
      own.delete(run)
      if (own.size === 0) callbacks.delete(text)
    }
  }
  const changed = (keyText: string) => callbacks.get(keyText)?.forEach((run) => run())

  const hold = (key: CacheKey, fence: number, onLost: () => void): Lead => {
    const lease = { isHeld: true, timer: { cancelled: false } }
    const renew = () => {
      if (!lease.isHeld || !redis.isUp()) return
      redis.count("renew")
      if (redis.renew(key, fence)) return
      lease.isHeld = false
      onLost()
    }
    const renewLater = () => {
      lease.timer = time.at(time.now() + renewMs, () => {
        renew()
        if (lease.isHeld) renewLater()
      })
    }
    renewLater()
    // The message may be of an earlier leader's last write.
    const stop = onChange(key, renew)
    return {
      _tag: "Lead",
      permit: { fence },
      over: Effect.sync(() => {
        stop()
        lease.timer.cancelled = true
        if (!redis.isUp()) return
        redis.count("release")
        redis.release(key, fence)
      })
    }
  }

  const follow = (key: CacheKey): Follow => ({
    _tag: "Follow",
    over: Effect.callback((resume) => {
      const wait = { timer: { cancelled: false } }
      const end = () => {
        stop()
        wait.timer.cancelled = true
        resume(Effect.void)
      }
      const stop = onChange(key, end)
      const poll = () => {
        wait.timer = time.at(time.now() + pollMs, () => {
          if (!redis.isUp()) return end()
          redis.count("poll")
          if (redis.isHeld(key)) poll()
          else end()
        })
      }
      poll()
      return Effect.sync(() => {
        stop()
        wait.timer.cancelled = true
      })
    })
  })

  /** Without Redis each replica asks the origin itself. */
  const alone = (key: CacheKey, onLost: () => void): Lead => {
    const stop = onChange(key, onLost)
    return { _tag: "Lead", over: Effect.sync(stop), permit: { fence: 0 } }
  }

  return {
    changed,
    allChanged: () => [...callbacks.keys()].forEach(changed),
    lead: (key, onLost) =>
      Effect.callback((resume) => {
        if (!redis.isUp()) return resume(Effect.succeed(alone(key, onLost)))
        redis.count("acquire")
        time.at(time.now() + redis.latencyMs, () => {
          if (!redis.isUp()) return resume(Effect.succeed(alone(key, onLost)))
          const fence = redis.acquire(key)
          resume(Effect.succeed(fence === undefined ? follow(key) : hold(key, fence, onLost)))
        })
      })
  }
}
