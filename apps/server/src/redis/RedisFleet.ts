/**
 * Leadership across a fleet: a lease in Redis, a key with a short TTL that its holder renews while it asks the origin.
 * If the holder dies, others wait at most for the lease. If it was only slow, its fencing token is stale and its write
 * fails.
 */
import type { CacheKey, Changes, FleetShape, Follow, Lead } from "@posh/core/cache"
import { Deferred, Effect, Fiber, Result, type Scope } from "effect"
import type { RedisClient } from "./Client.ts"
import { makeKeys } from "./keys.ts"
import { acquireLease, permits, releaseLease, renewLease } from "./scripts.ts"

/** Milliseconds. */
const leaseMs = 2_000
const renewMs = 500
const pollMs = 100

/** Maximum time of leadership: an attempt ends after 12 s (POSH-RES-91). */
const maxLeadMs = 13_000

/**
 * Without Redis each process asks the origin itself. It may write the outcome if Redis is back by then and no other
 * process took a fencing token.
 */
const alone: Lead = { _tag: "Lead", over: Effect.void, permit: { fence: permits.withoutLease } }

export const makeRedisFleet = (
  client: RedisClient,
  changes: Changes,
  prefix: string
): Effect.Effect<FleetShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const runFork = Effect.runForkWith(yield* Effect.context())
    const keys = makeKeys(prefix)
    const callbacksByKey = new Map<string, Set<() => void>>()
    const changed = (keyText: string) => callbacksByKey.get(keyText)?.forEach((onChange) => onChange())
    // The subscription was lost, so a change may have been missed: outcomes of running attempts are discarded too.
    const notifyAll = () => [...callbacksByKey.keys()].forEach(changed)
    yield* changes.listen({ changed, lost: () => undefined, back: notifyAll })
    /** Calls back when another process changed the key or may have. */
    const onChange = ({ text }: CacheKey, onChanged: () => void) => {
      const callbacks = callbacksByKey.get(text) ?? new Set()
      callbacksByKey.set(text, callbacks.add(onChanged))
      return Effect.sync(() => {
        callbacks.delete(onChanged)
        if (callbacks.size === 0) callbacksByKey.delete(text)
      })
    }

    const lead = Effect.fnUntraced(function*(key: CacheKey, onLost: () => void) {
      const lease = yield* Effect.result(acquireLease(client, [keys.fence(key), keys.flight(key)], [leaseMs]))
      // Without a lease, change messages may still tell that the outcome will be stale.
      if (Result.isFailure(lease)) return { ...alone, over: onChange(key, onLost) }
      return lease.success === null ? follow(key) : yield* hold(key, Number(lease.success), onLost)
    })

    const hold = Effect.fnUntraced(function*(key: CacheKey, fence: number, onLost: () => void) {
      const renew = (unknown: boolean) =>
        renewLease(client, [keys.flight(key)], [fence, leaseMs]).pipe(
          Effect.map((reply) => Number(reply) === 1),
          Effect.orElseSucceed(() => unknown),
          Effect.tap((holds) => holds ? Effect.void : Effect.sync(onLost))
        )
      // If Redis cannot be reached, no other replica can have taken the lease, unless a change message says otherwise.
      const renewing = yield* renew(true).pipe(
        Effect.delay(renewMs),
        Effect.repeat({ while: (holds) => holds, times: Math.ceil(maxLeadMs / renewMs) }),
        Effect.forkIn(scope)
      )
      // The key was forgotten, or another replica took the lease; or the message is of an earlier leader's last write.
      const stopListening = onChange(key, () => void runFork(renew(false)))
      return {
        _tag: "Lead",
        permit: { fence },
        over: stopListening.pipe(
          Effect.andThen(Fiber.interrupt(renewing)),
          Effect.andThen(Effect.ignore(releaseLease(client, [keys.flight(key)], [fence])))
        )
      } satisfies Lead
    })

    const follow = (key: CacheKey): Follow => ({
      _tag: "Follow",
      over: Effect.suspend(() => {
        const changed = Deferred.makeUnsafe<void>()
        const stopListening = onChange(key, () => Deferred.doneUnsafe(changed, Effect.void))
        // As `acquireLease` counts it: garbage under the key, which no leader renews or releases, is no lease.
        const isHeld = client.send("PTTL", keys.flight(key)).pipe(
          Effect.map((left) => Number(left) > 0 && Number(left) <= leaseMs),
          Effect.orElseSucceed(() => false)
        )
        const released = isHeld.pipe(
          Effect.delay(pollMs),
          Effect.repeat({ while: (held) => held, times: Math.ceil(maxLeadMs / pollMs) })
        )
        return Effect.raceFirst(Deferred.await(changed), Effect.asVoid(released)).pipe(Effect.ensuring(stopListening))
      })
    })

    return { lead }
  })
