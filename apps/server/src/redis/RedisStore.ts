/**
 * Associations and negative entries in Redis, shared by a fleet. Redis may be slow, lose its data or be away: the store
 * then returns an empty entry that is marked `away`. Needs Redis 7.0 or later.
 */
import type { Association } from "@posh/core"
import {
  type CacheEntry,
  type FarStore,
  type LifetimePolicy,
  nothingPending,
  type Purge,
  type StoreKey
} from "@posh/core/cache"
import { makeSteadyClock } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import { makeEntries } from "./Entries.ts"
import { makeEra } from "./Era.ts"
import { makeExpiryIndex } from "./ExpiryIndex.ts"
import type { FaultLog } from "./FaultLog.ts"
import { makeInventory } from "./inventory.ts"
import { makeKeys, parseMember, toMember } from "./keys.ts"
import { makePendingWrites, type Write } from "./PendingWrites.ts"
import type { RedisError } from "./RedisError.ts"
import { makeReplay } from "./replay.ts"
import type { Seal } from "./seal.ts"
import { makeValues } from "./Values.ts"

export interface RedisStoreOptions {
  readonly client: RedisClient
  /** Prefix of every key; without braces. */
  readonly prefix: string
  readonly seal: Seal
  readonly faults: FaultLog
  /** Applied to entries of other replicas too: their policy may be laxer. */
  readonly policy: LifetimePolicy
}

export interface RedisStore extends FarStore {
  /**
   * Replays pending writes once Redis is usable, and returns the keys whose entries changed: other replicas may have
   * read the stale ones. `findLocal` returns the association of a key in the memory of this process. Call it
   * periodically.
   */
  readonly replay: (
    findLocal: (key: StoreKey) => Association | undefined
  ) => Effect.Effect<ReadonlyArray<StoreKey>>
  /** Removes dangling members of the index, one batch per call. Call it periodically. */
  readonly prune: Effect.Effect<void>
}

const pendingStore: Purge = { pending: ["store", "announcement"] }

export const makeRedisStore = (
  { client, policy, prefix, seal, faults }: RedisStoreOptions
): Effect.Effect<RedisStore> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    // An entry of another process has no stamp of this process's monotonic clock. The steady clock detects that the
    // wall clock went back (POSH-CAC-35).
    const now = makeSteadyClock(clock)
    const keys = makeKeys(prefix)
    const values = makeValues(seal, faults)
    const index = yield* makeExpiryIndex<StoreKey>(client, {
      index: keys.expiry,
      entry: keys.association,
      toMember,
      parseMember,
      findExpiry: (key) =>
        Effect.flatMap(client.send("GET", keys.association(key)), (reply) =>
          Effect.map(values.orNote(values.readAssociation(keys.association(key), key, reply)), (association) =>
            association === undefined ? undefined : Math.floor(association.lifetime.expiresAt)))
    })
    const entries = makeEntries({ client, keys, index, values, policy, now })
    const era = makeEra(client, keys.era)
    const pending = makePendingWrites()
    const replay = makeReplay({ client, entries, era, pending, faults })

    const toAwayEntry = (error: RedisError) =>
      Effect.map(faults.noteError(error), (): CacheEntry => ({ tier: "redis", asOf: now(), away: true }))
    const toUndefined = (error: RedisError) =>
      Effect.as(faults.noteError(error), undefined)
    const sweep = Effect.catch(index.sweep, faults.noteError)

    /**
     * A change that makes the entry in Redis stale, even if the change does not reach Redis. Uninterruptible: its
     * caller may go away, and every command in it has a time-out.
     */
    const supersede = (key: StoreKey, write: Write, change: Effect.Effect<boolean, RedisError>) => {
      const settle = Effect.sync(() =>
        pending.delete(key)
      )
      const keepPending = Effect.fnUntraced(function*(error: RedisError) {
        pending.add(key, write)
        yield* faults.noteError(error)
        // A full Redis refuses writes but still deletes. It also refuses a fence, so a purge stays pending.
        const deletion = write.kind === "replacement" ? entries.removeReplaced(key) : entries.removeAll(key)
        const deleted = write.kind === "purge" ? deletion : Effect.andThen(deletion, settle)
        yield* Effect.ignore(Effect.catch(deleted, () => entries.removePlainly(key)))
        return true
      })
      return change.pipe(
        Effect.tap((written) => written ? settle : Effect.void),
        Effect.catch(keepPending),
        Effect.tap(sweep),
        Effect.uninterruptible
      )
    }

    const get = (key: StoreKey) =>
      Effect.suspend(() => {
        const write = pending.get(key)
        return Effect.catch(
          write === undefined ? entries.get(key) : replay.replayBeforeRead({ key, write }),
          toAwayEntry
        )
      })

    const forget = (key: StoreKey) => {
      const purge = Effect.as(entries.forget(key, true), true)
      return supersede(key, { kind: "purge" }, Effect.tap(purge, () => Effect.sync(() => era.notePurge(key)))).pipe(
        Effect.map(() => pending.get(key) === undefined ? nothingPending : pendingStore)
      )
    }

    const isTrusted = (key: StoreKey) => pending.get(key) === undefined

    return {
      replay: replay.replayAll,
      prune: Effect.suspend(() =>
        client.state() === "closed" ? Effect.catch(index.prune, faults.noteError) : Effect.void
      ),
      get,
      recall: () => undefined,
      read: (key, ms, then) => {
        if (client.slowestMs > ms || pending.get(key) !== undefined) return false
        entries.read(key, then)
        return true
      },
      getShared: get,
      putAssociation: (key, association, permit) =>
        supersede(
          key,
          { kind: "replacement", fetchedAt: association.lifetime.fetchedAt },
          entries.write(key, association, permit)
        ),
      putNegative: (key, negative, permit) =>
        entries.writeNegative(key, negative, permit).pipe(
          Effect.catch((error) => Effect.as(faults.noteError(error), true)),
          Effect.uninterruptible
        ),
      withdraw: (key, negative, permit) => supersede(key, { kind: "removal" }, entries.withdraw(key, negative, permit)),
      forget,
      inventory: makeInventory({ client, index, keys, values, faults, now, isTrusted, toOurs: entries.toOurs }),
      isWritePending: (key) => !isTrusted(key),
      isRemoved: (key) => Effect.catch(entries.isRemoved(key), toUndefined),
      era: Effect.catch(era.read, toUndefined)
    } satisfies RedisStore
  })
