/**
 * Reads, writes and removes entries in Redis and their members in the index. Fails if Redis fails; `RedisStore.ts`
 * decides what follows.
 */
import type { Association } from "@posh/core"
import {
  associationUnder,
  type CacheEntry,
  type LifetimePolicy,
  type NegativeEntry,
  negativeUnder,
  type Permit,
  type StoreKey,
  usableUntil
} from "@posh/core/cache"
import { Effect, Result } from "effect"
import type { RedisClient } from "./Client.ts"
import type { Argument, Reply } from "./Command.ts"
import type { ExpiryIndex } from "./ExpiryIndex.ts"
import type { RedisKeys } from "./keys.ts"
import type { RedisError } from "./RedisError.ts"
import { fencedWithdrawal, fencedWrite, fenceMs, forgetKey, noTombstone } from "./scripts.ts"
import { isOversized, type Values } from "./Values.ts"

export interface EntriesOptions {
  readonly client: RedisClient
  readonly keys: RedisKeys
  readonly index: ExpiryIndex<StoreKey>
  readonly values: Values
  readonly policy: LifetimePolicy
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** How long a negative entry stays after the end of its back-off, so consecutive failures count (POSH-CAC-31); ms. */
const negativeRetentionMs = 900_000

export type Entries = ReturnType<typeof makeEntries>

export const makeEntries = ({ client, index, keys, now, policy, values }: EntriesOptions) => {
  const toOurs = (association: Association) => associationUnder(association, policy, now())

  const readBoth = (key: StoreKey, reply: Reply) => {
    const [first = null, second = null] = Array.isArray(reply) ? reply : []
    return {
      stored: values.readAssociation(keys.association(key), key, first),
      storedNegative: values.readNegative(keys.negative(key), key, second)
    }
  }

  const decodeEntry = Effect.fnUntraced(function*(key: StoreKey, reply: Reply) {
    const { stored, storedNegative } = readBoth(key, reply)
    return toEntry(yield* values.orNote(stored), yield* values.orNote(storedNegative))
  })

  /** As this replica sees it, under its policy and its clock. */
  const toEntry = (stored: Association | undefined, storedNegative: NegativeEntry | undefined): CacheEntry => {
    const asOf = now()
    const association = stored === undefined ? undefined : associationUnder(stored, policy, asOf)
    const negative = storedNegative === undefined ? undefined : negativeUnder(storedNegative, asOf)
    return {
      tier: "redis",
      asOf,
      ...(association !== undefined && asOf < usableUntil(association.lifetime) ? { association } : {}),
      ...(negative !== undefined && asOf < negative.until + negativeRetentionMs ? { negative } : {})
    }
  }

  /** Without a fiber. `undefined` for what `get` has to look at: a fault, which it notes, or an oversized value. */
  const read = (key: StoreKey, then: (entry: CacheEntry | undefined) => void): void =>
    client.call("MGET", [keys.association(key), keys.negative(key)], (reply) => {
      if (Result.isFailure(reply)) return then(undefined)
      const { stored, storedNegative } = readBoth(key, reply.success)
      if (Result.isFailure(stored) || Result.isFailure(storedNegative)) return then(undefined)
      then(toEntry(stored.success, storedNegative.success))
    })

  const get = (key: StoreKey) =>
    Effect.flatMap(
      client.send("MGET", keys.association(key), keys.negative(key)),
      (reply) =>
        Array.isArray(reply) && reply.some(isOversized)
          ? Effect.andThen(deleteOversized(key, reply), decodeEntry(key, reply))
          : decodeEntry(key, reply)
    )

  // No replica writes an oversized value, and every replica would read it again with each question.
  const deleteOversized = (key: StoreKey, reply: ReadonlyArray<Reply>) =>
    Effect.ignore(client.send(
      "DEL",
      ...[keys.association(key), keys.negative(key)].filter((_, index) => isOversized(reply[index]))
    ))

  /**
   * Writes value and end to the first key, or deletes it if both are absent; deletes the others. `false`: stale permit.
   */
  const fencedPut = (
    key: StoreKey,
    permit: Permit | undefined,
    redisKeys: ReadonlyArray<string>,
    value: ReadonlyArray<Argument> = []
  ): Effect.Effect<boolean, RedisError> =>
    Effect.map(
      fencedWrite(client, [keys.fence(key), ...redisKeys], [permit?.fence ?? "", ...value]),
      (reply) => Number(reply) === 1
    )

  const removeAll = (key: StoreKey, permit?: Permit) =>
    Effect.tap(fencedPut(key, permit, [keys.association(key), keys.negative(key)]), () => index.drop(key))
  /** For an entry whose replacement is known elsewhere: leaves no tombstone. */
  const removeReplaced = (key: StoreKey, permit?: Permit) =>
    Effect.tap(
      fencedPut(key, permit, [keys.association(key), keys.negative(key)], [noTombstone]),
      () => index.drop(key)
    )

  /** For a Redis that refuses scripts: without a fence, so it does not complete a purge. */
  const removePlainly = (key: StoreKey) => {
    const names = [keys.association(key), keys.negative(key)]
    const overwrite = Effect.forEach(names, (name) => client.send("SET", name, "", "XX", "PX", 1), { discard: true })
    return Effect.catch(client.send("DEL", ...names), () => overwrite)
  }

  const write = Effect.fnUntraced(function*(key: StoreKey, association: Association, permit?: Permit) {
    const redisKey = keys.association(key)
    const { lifetime } = association
    // The TTL follows the usable lifetime, not the certificate's: a domain may publish one that is valid until 9999.
    const end = toInstant(usableUntil(lifetime))
    const value = end > now() ? yield* values.writeAssociation(redisKey, association) : undefined
    if (value === undefined) return yield* removeReplaced(key, permit)
    const expiresAt = toInstant(lifetime.expiresAt)
    yield* index.add(key, expiresAt)
    const written = yield* fencedPut(key, permit, [redisKey, keys.negative(key)], [value, end])
    yield* written ? index.add(key, expiresAt) : index.drop(key)
    return written
  })

  const writeNegative = Effect.fnUntraced(function*(key: StoreKey, negative: NegativeEntry, permit?: Permit) {
    const redisKey = keys.negative(key)
    const value = yield* values.writeNegative(redisKey, key, negative)
    const end = toInstant(negative.until + negativeRetentionMs)
    return yield* fencedPut(key, permit, [redisKey], value === undefined ? [] : [value, end])
  })

  /**
   * Most domains publish nothing, and nothing of them is stored. Then the index is left alone: a member without an
   * association is that of a write under way, or is found by the next prune.
   */
  const withdraw = Effect.fnUntraced(function*(key: StoreKey, negative: NegativeEntry, permit?: Permit) {
    const redisKey = keys.negative(key)
    const value = yield* values.writeNegative(redisKey, key, negative)
    if (value === undefined) return yield* removeAll(key, permit)
    const end = toInstant(negative.until + negativeRetentionMs)
    const names = [keys.fence(key), keys.association(key), redisKey]
    const done = Number(yield* fencedWithdrawal(client, names, [permit?.fence ?? "", value, end]))
    if (done === 2) yield* index.drop(key)
    return done > 0
  })

  /** Deletes the flight too: the outcome of a running attempt is discarded, and the next question starts a new one. */
  const forget = (key: StoreKey, isPurge: boolean) =>
    forgetKey(
      client,
      [keys.fence(key), keys.association(key), keys.flight(key), keys.negative(key)],
      [isPurge ? "1" : "0"]
    ).pipe(Effect.andThen(index.drop(key)))

  /** Is there a tombstone: was the association removed within `tombstoneMs`? */
  const isRemoved = (key: StoreKey) =>
    Effect.map(client.send("PTTL", keys.fence(key)), (left) => Number(left) > fenceMs)

  return {
    get,
    read,
    write,
    writeNegative,
    withdraw,
    removeAll,
    removePlainly,
    removeReplaced,
    forget,
    isRemoved,
    toOurs
  } as const
}

/** Redis counts in whole milliseconds; rounded down, so no entry outlives its end. */
const toInstant = (milliseconds: number): number => Math.min(Math.floor(milliseconds), Number.MAX_SAFE_INTEGER)
