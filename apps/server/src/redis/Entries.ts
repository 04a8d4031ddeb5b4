/**
 * Entries in Redis and their members in the index: read, written, taken away. Fails where Redis does; what follows from
 * that is decided in `RedisStore.ts`.
 */
import {
  type Association,
  associationUnder,
  type CacheEntry,
  type LifetimePolicy,
  type NegativeEntry,
  negativeUnder,
  type Permit,
  type StoreKey,
  usableUntil
} from "@posh/core"
import { Effect } from "effect"
import type { Argument, RedisClient, Reply } from "./Client.ts"
import type { ExpiryIndex } from "./ExpiryIndex.ts"
import type { RedisKeys } from "./keys.ts"
import type { RedisError } from "./RedisError.ts"
import { fencedWrite, fenceMs, forgetKey, noTombstone } from "./scripts.ts"
import { isOversized, type Values } from "./Values.ts"

export interface EntriesOptions {
  readonly client: RedisClient
  readonly keys: RedisKeys
  readonly index: ExpiryIndex
  readonly values: Values
  readonly policy: LifetimePolicy
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** How long after the end of a back-off its row of failures still counts (POSH-CAC-31); milliseconds. */
const negativeRetentionMs = 900_000

export type Entries = ReturnType<typeof makeEntries>

export const makeEntries = ({ client, index, keys, now, policy, values }: EntriesOptions) => {
  const toOurs = (association: Association) => associationUnder(association, policy, now())

  const decodeEntry = Effect.fnUntraced(function*(key: StoreKey, reply: Reply) {
    const [first = null, second = null] = Array.isArray(reply) ? reply : []
    const stored = yield* values.readAssociation(keys.association(key), key, first)
    const storedNegative = yield* values.readNegative(keys.negative(key), key, second)
    const asOf = now()
    const association = stored === undefined ? undefined : associationUnder(stored, policy, asOf)
    const negative = storedNegative === undefined ? undefined : negativeUnder(storedNegative, asOf)
    const entry: CacheEntry = {
      tier: "redis",
      asOf,
      ...(association !== undefined && asOf < usableUntil(association.lifetime) ? { association } : {}),
      ...(negative !== undefined && asOf < negative.until + negativeRetentionMs ? { negative } : {})
    }
    return entry
  })

  const get = (key: StoreKey) =>
    Effect.flatMap(
      client.send("MGET", keys.association(key), keys.negative(key)),
      (reply) =>
        Array.isArray(reply) && reply.some(isOversized)
          ? Effect.andThen(deleteOversized(key, reply), decodeEntry(key, reply))
          : decodeEntry(key, reply)
    )

  // Nobody of ours wrote it, and all would read it again with each question.
  const deleteOversized = (key: StoreKey, reply: ReadonlyArray<Reply>) =>
    Effect.ignore(client.send(
      "DEL",
      ...[keys.association(key), keys.negative(key)].filter((_, index) => isOversized(reply[index]))
    ))

  /** A value and its end for the first key, or neither to delete it as the others. `false` where others know better. */
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

  const remove = (key: StoreKey, permit?: Permit, ...more: ReadonlyArray<string>) =>
    Effect.tap(fencedPut(key, permit, [keys.association(key), ...more]), () => index.drop(key))
  const removeAll = (key: StoreKey, permit?: Permit) => remove(key, permit, keys.negative(key))
  /** For what is known elsewhere to have been replaced. */
  const removeReplaced = (key: StoreKey, permit?: Permit) =>
    Effect.tap(
      fencedPut(key, permit, [keys.association(key), keys.negative(key)], [noTombstone]),
      () => index.drop(key)
    )

  const write = Effect.fnUntraced(function*(key: StoreKey, association: Association, permit?: Permit) {
    const redisKey = keys.association(key)
    const { lifetime } = association
    // Where its use ends, not its certificates: a stranger may make one that lives until the year 9999.
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

  /** Also whoever asks now: what it learns is not wanted, and the next question asks anew. */
  const forget = (key: StoreKey, isPurge: boolean) =>
    forgetKey(
      client,
      [keys.fence(key), keys.association(key), keys.flight(key), keys.negative(key)],
      [isPurge ? "1" : "0"]
    ).pipe(Effect.andThen(index.drop(key)))

  /** Was its association taken away, no longer ago than that can be told? */
  const isRemoved = (key: StoreKey) =>
    Effect.map(client.send("PTTL", keys.fence(key)), (left) => Number(left) > fenceMs)

  return { get, write, writeNegative, remove, removeAll, removeReplaced, forget, isRemoved, toOurs } as const
}

/** Redis counts in whole milliseconds. Nothing expires later than it says. */
const toInstant = (milliseconds: number): number => Math.min(Math.floor(milliseconds), Number.MAX_SAFE_INTEGER)
