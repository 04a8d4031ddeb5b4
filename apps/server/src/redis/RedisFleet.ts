/**
 * Leads across a fleet: a key in Redis that expires soon and is renewed for as long as its holder asks. A holder that
 * dies delays nobody for longer than that; one that only seemed dead finds its permit no longer good.
 */
import type { Changes, FleetShape, Follow, Lead, StoreKey } from "@posh/core"
import { Deferred, Effect, Fiber, Result, type Scope } from "effect"
import type { RedisClient } from "./Client.ts"
import { makeKeys } from "./keys.ts"
import { acquireLease, permits, releaseLease, renewLease } from "./scripts.ts"

/** Milliseconds. */
const leaseMs = 2_000
const renewMs = 500
const pollMs = 100

/** No holder asks for longer: an attempt ends after 12 s (POSH-RES-91). */
const maxLeadMs = 13_000

/**
 * Without Redis each process asks for itself. What it learns it may write if Redis is back by then and nobody else took
 * a number.
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
    // What was learnt while nothing was heard is forgotten with the rest; what is about to be must be as well.
    const notifyAll = () => [...callbacksByKey.keys()].forEach(changed)
    yield* changes.listen({ changed, lost: () => undefined, back: notifyAll })
    /** Calls back whenever another process changes the key, or may have. */
    const onChange = ({ text }: StoreKey, onChanged: () => void) => {
      const callbacks = callbacksByKey.get(text) ?? new Set()
      callbacksByKey.set(text, callbacks.add(onChanged))
      return Effect.sync(() => {
        callbacks.delete(onChanged)
        if (callbacks.size === 0) callbacksByKey.delete(text)
      })
    }

    const lead = Effect.fnUntraced(function*(key: StoreKey, onLost: () => void) {
      const lease = yield* Effect.result(acquireLease(client, [keys.fence(key), keys.flight(key)], [leaseMs]))
      // Whoever can take no lead still hears, perhaps, that what it is about to learn is out of date.
      if (Result.isFailure(lease)) return { ...alone, over: onChange(key, onLost) }
      return lease.success === null ? follow(key) : yield* hold(key, Number(lease.success), onLost)
    })

    const hold = Effect.fnUntraced(function*(key: StoreKey, fence: number, onLost: () => void) {
      const renew = (unknown: boolean) =>
        renewLease(client, [keys.flight(key)], [fence, leaseMs]).pipe(
          Effect.map((reply) => Number(reply) === 1),
          Effect.orElseSucceed(() => unknown),
          Effect.tap((holds) => holds ? Effect.void : Effect.sync(onLost))
        )
      // Where Redis cannot say, nobody else can have taken it either; unless something else was heard.
      const renewing = yield* renew(true).pipe(
        Effect.delay(renewMs),
        Effect.repeat({ while: (holds) => holds, times: Math.ceil(maxLeadMs / renewMs) }),
        Effect.forkIn(scope)
      )
      // Somebody forgot the key, or took the lead; or a leader before tells of its last write.
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

    const follow = (key: StoreKey): Follow => ({
      _tag: "Follow",
      over: Effect.suspend(() => {
        const changed = Deferred.makeUnsafe<void>()
        const stopListening = onChange(key, () => Deferred.doneUnsafe(changed, Effect.void))
        const isHeld = client.send("EXISTS", keys.flight(key)).pipe(
          Effect.map((reply) => Number(reply) === 1),
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
