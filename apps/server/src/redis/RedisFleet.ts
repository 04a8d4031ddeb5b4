/**
 * Leads across a fleet: a key in Redis that expires soon and is renewed for as long as its holder asks. A holder that
 * dies delays nobody for longer than that.
 */
import type { Changes, FleetShape, Follow, Lead, StoreKey } from "@posh/core"
import { Deferred, Effect, Fiber, Result, Schedule, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { RedisClient } from "./Client.ts"
import { toMember } from "./keys.ts"

/** Milliseconds. */
const leaseMs = 2_000
const renewMs = 500
const pollMs = 100

/** No holder asks for longer: an attempt ends after 12 s (POSH-RES-91). */
const longestMs = 13_000

// The token fences: only who still holds the lead may renew it or give it up.
const renew =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
const release = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

const alone: Lead = { _tag: "Lead", over: Effect.void, holds: Effect.succeed(true) }

export const makeRedisFleet = (
  client: RedisClient,
  changes: Changes,
  prefix: string
): Effect.Effect<FleetShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const waiting = new Map<string, Set<Deferred.Deferred<void>>>()
    const wake = (keyText: string) => {
      for (const waiter of waiting.get(keyText) ?? []) Deferred.doneUnsafe(waiter, Effect.void)
    }
    yield* changes.listen({ changed: wake, lost: () => undefined, back: () => undefined })

    const lead = Effect.fnUntraced(function*(key: StoreKey) {
      const name = `${prefix}v1:flight:${toMember(key)}`
      const token = randomUUID()
      const taken = yield* Effect.result(client.send("SET", name, token, "NX", "PX", leaseMs))
      // Without Redis each process asks for itself.
      if (Result.isFailure(taken)) return alone
      return taken.success === null ? follow(key, name) : yield* hold(name, token)
    })

    const hold = Effect.fnUntraced(function*(name: string, token: string) {
      const renewing = yield* client.send("EVAL", renew, 1, name, token, leaseMs).pipe(
        Effect.ignore,
        Effect.delay(renewMs),
        Effect.repeat(Schedule.recurs(Math.ceil(longestMs / renewMs))),
        Effect.forkIn(scope)
      )
      return {
        _tag: "Lead",
        over: Effect.andThen(
          Fiber.interrupt(renewing),
          Effect.ignore(client.send("EVAL", release, 1, name, token))
        ),
        // Where Redis cannot say, nobody else can have taken it either.
        holds: client.send("GET", name).pipe(
          Effect.map((reply) => String(reply) === token),
          Effect.orElseSucceed(() => true)
        )
      } satisfies Lead
    })

    const follow = (key: StoreKey, name: string): Follow => ({
      _tag: "Follow",
      over: Effect.suspend(() => {
        const waiter = Deferred.makeUnsafe<void>()
        const waiters = waiting.get(key.text) ?? new Set()
        waiting.set(key.text, waiters.add(waiter))
        const isHeld = client.send("EXISTS", name).pipe(
          Effect.map((reply) => Number(reply) === 1),
          Effect.orElseSucceed(() => false)
        )
        const released = isHeld.pipe(
          Effect.delay(pollMs),
          Effect.repeat({ while: (held) => held, times: Math.ceil(longestMs / pollMs) })
        )
        return Effect.raceFirst(Deferred.await(waiter), Effect.asVoid(released)).pipe(
          Effect.ensuring(Effect.sync(() => {
            waiters.delete(waiter)
            if (waiters.size === 0) waiting.delete(key.text)
          }))
        )
      })
    })

    return { lead }
  })
