/**
 * Associations and absences in Redis, shared by a fleet. It may be slow, lose everything or be away: then it remembers
 * nothing, and says so. It needs Redis 7.0 or later.
 */
import {
  type Absence,
  type Association,
  type AssociationStore,
  makeSteadyClock,
  type Permit,
  type Remembered,
  type StoreKey
} from "@posh/core"
import { Clock, Effect } from "effect"
import type { Argument, RedisClient, Reply } from "./Client.ts"
import { makeDistrusted } from "./Distrusted.ts"
import { makeExpiryIndex } from "./ExpiryIndex.ts"
import { makeInventory } from "./inventory.ts"
import { makeKeys } from "./keys.ts"
import type { RedisFault } from "./RedisFault.ts"
import { forgetAll, writeUnderPermit } from "./scripts.ts"
import type { Seal } from "./seal.ts"
import type { Trouble } from "./Trouble.ts"
import { isOversized, makeValues } from "./Values.ts"

export interface RedisStoreOptions {
  readonly client: RedisClient
  /** In front of every key; without braces. */
  readonly prefix: string
  readonly seal: Seal
  readonly trouble: Trouble
}

type Store = AssociationStore["Service"]

export interface RedisStore extends Store {
  /**
   * Does what an outage left undone, as soon as Redis takes it, and answers whose entries are gone by that: others may have
   * read them meanwhile. To be called now and then.
   */
  readonly catchUp: Effect.Effect<ReadonlyArray<StoreKey>>
}

/** Keys caught up with at once, and so many of them in one call at most. */
const catchUpAtOnce = 16
const catchUpMost = 1_000

/** How long after the end of a back-off its row of failures still counts (POSH-CAC-31); milliseconds. */
const absenceTailMs = 900_000

export const makeRedisStore = (
  { client, prefix, seal, trouble }: RedisStoreOptions
): Effect.Effect<RedisStore> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const keys = makeKeys(prefix)
    const index = yield* makeExpiryIndex(client, keys)
    const values = makeValues(seal, trouble)
    const distrusted = makeDistrusted()
    // An entry of another process bears no stamp of our clocks: what tells that ours went back is what we have seen of
    // it (POSH-CAC-35).
    const now = makeSteadyClock(clock)

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
      Effect.flatMap(client.send("MGET", keys.association(key), keys.absence(key)), (reply) =>
        Array.isArray(reply) && reply.some(isOversized)
          ? Effect.andThen(discard(key, reply), remember(key, reply))
          : remember(key, reply))

    // Nobody of ours wrote it, and all would read it again with each question.
    const discard = (key: StoreKey, reply: ReadonlyArray<Reply>) =>
      Effect.ignore(client.send(
        "DEL",
        ...[keys.association(key), keys.absence(key)].filter((_, index) =>
          isOversized(reply[index])
        )
      ))

    /** A value and its end for the first key, or neither to delete it as the others. `false` where others know better. */
    const put = (
      key: StoreKey,
      permit: Permit | undefined,
      redisKeys: ReadonlyArray<string>,
      value: ReadonlyArray<Argument> = []
    ) =>
      Effect.map(
        writeUnderPermit(client, [keys.fence(key), ...redisKeys], [permit?.fence ?? "", ...value]),
        (reply) => Number(reply) === 1
      )

    const remove = (key: StoreKey, permit: Permit | undefined, ...redisKeys: ReadonlyArray<string>) =>
      Effect.tap(put(key, permit, redisKeys), () => index.drop(key))
    const removeAll = (key: StoreKey, permit?: Permit) => remove(key, permit, keys.association(key), keys.absence(key))

    // Also whoever asks now: what it learns is not wanted, and the next question asks anew.
    const forget = (key: StoreKey) =>
      forgetAll(client, [keys.fence(key), keys.flight(key), keys.association(key), keys.absence(key)], []).pipe(
        Effect.andThen(index.drop(key)),
        Effect.as(true)
      )

    const write = Effect.fnUntraced(function*(key: StoreKey, association: Association, permit: Permit | undefined) {
      const redisKey = keys.association(key)
      const expiresAt = toInstant(association.lifetime.expiresAt)
      const value = expiresAt > now() ? yield* values.writeAssociation(redisKey, association) : undefined
      if (value === undefined) return yield* removeAll(key, permit) // what it replaces must not stay
      yield* index.add(key, expiresAt)
      const written = yield* put(key, permit, [redisKey, keys.absence(key)], [value, expiresAt])
      yield* written ? index.add(key, expiresAt) : index.drop(key)
      return written
    })

    const writeAbsence = Effect.fnUntraced(function*(key: StoreKey, absence: Absence, permit: Permit | undefined) {
      const redisKey = keys.absence(key)
      const value = yield* values.writeAbsence(redisKey, key, absence)
      const end = toInstant(absence.until + absenceTailMs)
      return yield* put(key, permit, [redisKey], value === undefined ? [] : [value, end])
    })

    const sweep = Effect.catch(index.sweep, trouble.noteFault)

    /**
     * A change after which what Redis had before is out of date, whether or not the change gets there. Whole, whoever
     * waits for it or does not: every command in it is bounded.
     */
    const replace = (key: StoreKey, change: Effect.Effect<boolean, RedisFault>) => {
      const trust = Effect.sync(() => distrusted.delete(key))
      const giveUp = Effect.fnUntraced(function*(fault: RedisFault) {
        distrusted.add(key)
        yield* trouble.noteFault(fault)
        // A full Redis takes nothing, and still lets go.
        yield* Effect.ignore(Effect.andThen(removeAll(key), trust))
        return true
      })
      return change.pipe(
        Effect.tap((written) => written ? trust : Effect.void),
        Effect.catch(giveUp),
        Effect.tap(sweep),
        Effect.uninterruptible
      )
    }

    /** The removal that is owed to a distrusted key comes first; then nothing is known of it. */
    const amend = (key: StoreKey) =>
      Effect.matchEffect(Effect.uninterruptible(removeAll(key)), {
        onFailure: noteAway,
        onSuccess: () => Effect.sync(() => nothing(false))
      })

    const catchUp = Effect.suspend(() => {
      const done: Array<StoreKey> = []
      const keys = client.state() === "closed" ? distrusted.oldest(catchUpMost) : []
      const settle = (key: StoreKey) =>
        Effect.map(Effect.uninterruptible(forget(key)), () => {
          distrusted.delete(key)
          done.push(key)
        })
      return Effect.forEach(keys, settle, { concurrency: catchUpAtOnce, discard: true }).pipe(
        Effect.catch(trouble.noteFault),
        Effect.as(done)
      )
    })

    const get = (key: StoreKey) =>
      Effect.suspend(() => distrusted.has(key) ? amend(key) : Effect.catch(ask(key), noteAway))

    return {
      catchUp,
      get,
      getNow: () => undefined,
      getShared: get,
      putAssociation: (key, association, permit) => replace(key, write(key, association, permit)),
      putAbsence: (key, absence, permit) =>
        writeAbsence(key, absence, permit).pipe(
          Effect.catch((fault) => Effect.as(trouble.noteFault(fault), true)),
          Effect.uninterruptible
        ),
      removeAssociation: (key, permit) => replace(key, remove(key, permit, keys.association(key))),
      forget: (key) => Effect.asVoid(replace(key, forget(key))),
      inventory: makeInventory({ client, index, keys, values, trouble, now, isTrusted: (key) => !distrusted.has(key) })
    } satisfies RedisStore
  })

/** Redis counts in whole milliseconds. Nothing expires later than it says. */
const toInstant = (milliseconds: number): number => Math.min(Math.floor(milliseconds), Number.MAX_SAFE_INTEGER)
