/**
 * Associations and absences in Redis, shared by a fleet. It may be slow, lose everything or be away: then it remembers
 * nothing, and says so. It needs Redis 7.0 or later.
 */
import type { Absence, Association, AssociationStore, Remembered, StoreKey } from "@posh/core"
import { Clock, Effect } from "effect"
import type { RedisClient, Reply } from "./Client.ts"
import { makeDistrusted } from "./Distrusted.ts"
import { makeExpiryIndex } from "./ExpiryIndex.ts"
import { makeInventory } from "./inventory.ts"
import { makeKeys } from "./keys.ts"
import type { RedisFault } from "./RedisFault.ts"
import type { Seal } from "./seal.ts"
import type { Trouble } from "./Trouble.ts"
import { makeValues } from "./Values.ts"

export interface RedisStoreOptions {
  readonly client: RedisClient
  /** In front of every key; without braces. */
  readonly prefix: string
  readonly seal: Seal
  readonly trouble: Trouble
}

/** How long after the end of a back-off its row of failures still counts (POSH-CAC-31); milliseconds. */
const absenceTailMs = 900_000

export const makeRedisStore = (
  { client, prefix, seal, trouble }: RedisStoreOptions
): Effect.Effect<AssociationStore["Service"]> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const keys = makeKeys(prefix)
    const index = yield* makeExpiryIndex(client, keys)
    const values = makeValues(seal, trouble)
    const distrusted = makeDistrusted()
    const now = () => clock.currentTimeMillisUnsafe()

    const nothing = (away: boolean): Remembered => ({ tier: "redis", asOf: now(), ...(away ? { away } : {}) })
    const noteAway = (fault: RedisFault) => Effect.map(trouble.noteFault(fault), () => nothing(true))

    const remember = Effect.fnUntraced(function*(key: StoreKey, reply: Reply) {
      const [first = null, second = null] = Array.isArray(reply) ? reply : []
      const association = yield* values.readAssociation(keys.association(key), key, first)
      const absence = yield* values.readAbsence(keys.absence(key), key, second)
      const asOf = now()
      const remembered: Remembered = {
        tier: "redis",
        asOf,
        ...(association !== undefined && asOf < association.lifetime.expiresAt ? { association } : {}),
        ...(absence !== undefined && asOf < absence.until + absenceTailMs ? { absence } : {})
      }
      return remembered
    })

    const ask = (key: StoreKey) =>
      Effect.flatMap(client.send("MGET", keys.association(key), keys.absence(key)), (reply) => remember(key, reply))

    const remove = (key: StoreKey, ...redisKeys: ReadonlyArray<string>) =>
      Effect.andThen(client.send("DEL", ...redisKeys), index.drop(key))
    const removeAll = (key: StoreKey) => remove(key, keys.association(key), keys.absence(key))

    const write = Effect.fnUntraced(function*(key: StoreKey, association: Association) {
      const redisKey = keys.association(key)
      const expiresAt = toInstant(association.lifetime.expiresAt)
      const value = expiresAt > now() ? yield* values.writeAssociation(redisKey, association) : undefined
      if (value === undefined) return yield* removeAll(key) // what it replaces must not stay
      yield* index.add(key, expiresAt)
      yield* client.send("SET", redisKey, value, "PXAT", expiresAt)
      yield* client.send("DEL", keys.absence(key))
      yield* index.add(key, expiresAt)
    })

    const writeAbsence = Effect.fnUntraced(function*(key: StoreKey, absence: Absence) {
      const redisKey = keys.absence(key)
      const value = yield* values.writeAbsence(redisKey, key, absence)
      if (value === undefined) return yield* Effect.asVoid(client.send("DEL", redisKey))
      yield* client.send("SET", redisKey, value, "PXAT", toInstant(absence.until + absenceTailMs))
    })

    const sweep = Effect.catch(index.sweep, trouble.noteFault)

    /**
     * A change after which what Redis had before is out of date, whether or not the change gets there. Whole, whoever
     * waits for it or does not: every command in it is bounded.
     */
    const replace = (key: StoreKey, change: Effect.Effect<void, RedisFault>) => {
      const trust = Effect.sync(() => distrusted.delete(key))
      const giveUp = Effect.fnUntraced(function*(fault: RedisFault) {
        distrusted.add(key)
        yield* trouble.noteFault(fault)
        // A full Redis takes nothing, and still lets go.
        yield* Effect.ignore(Effect.andThen(removeAll(key), trust))
      })
      return change.pipe(Effect.andThen(trust), Effect.catch(giveUp), Effect.andThen(sweep), Effect.uninterruptible)
    }

    /** The removal that is owed to a distrusted key comes first; then nothing is known of it. */
    const amend = (key: StoreKey) =>
      Effect.matchEffect(Effect.uninterruptible(removeAll(key)), {
        onFailure: noteAway,
        onSuccess: () =>
          Effect.sync(() => {
            distrusted.delete(key)
            return nothing(false)
          })
      })

    return {
      get: (key) => Effect.suspend(() => distrusted.has(key) ? amend(key) : Effect.catch(ask(key), noteAway)),
      putAssociation: (key, association) => replace(key, write(key, association)),
      putAbsence: (key, absence) => Effect.uninterruptible(Effect.catch(writeAbsence(key, absence), trouble.noteFault)),
      removeAssociation: (key) => replace(key, remove(key, keys.association(key))),
      forget: (key) => replace(key, removeAll(key)),
      inventory: makeInventory({ client, index, keys, values, trouble, now, isTrusted: (key) => !distrusted.has(key) })
    } satisfies AssociationStore["Service"]
  })

/** Redis counts in whole milliseconds. Nothing expires later than it says. */
const toInstant = (milliseconds: number): number => Math.min(Math.floor(milliseconds), Number.MAX_SAFE_INTEGER)
