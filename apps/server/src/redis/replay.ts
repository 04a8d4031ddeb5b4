/**
 * The replay of pending writes when Redis is back.
 */
import type { Association } from "@posh/core"
import type { CacheEntry, StoreKey } from "@posh/core/cache"
import { Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { Entries } from "./Entries.ts"
import type { Era } from "./Era.ts"
import type { FaultLog } from "./FaultLog.ts"
import type { PendingWrite, PendingWrites } from "./PendingWrites.ts"
import type { RedisError } from "./RedisError.ts"
import { permits } from "./scripts.ts"
import { makeUnannounced } from "./Unannounced.ts"

export interface ReplayOptions {
  readonly client: RedisClient
  readonly entries: Entries
  readonly era: Era
  readonly pending: PendingWrites
  readonly faults: FaultLog
}

/** Keys that are replayed concurrently, and at most in one call. */
const concurrency = 16
const maxReplayed = 1_000

export const makeReplay = ({ client, entries, era, pending, faults }: ReplayOptions) => {
  const unannounced = makeUnannounced<StoreKey>()
  const settle = (key: StoreKey): void => {
    pending.delete(key)
    unannounced.add(key)
  }

  /**
   * Replays the pending write of a key before the key is read. An association that another replica fetched later stays;
   * any other entry is stale and is removed.
   */
  const replayBeforeRead = ({ key, write }: PendingWrite): Effect.Effect<CacheEntry, RedisError> =>
    Effect.uninterruptible(Effect.gen(function*() {
      if (write.kind === "replacement") {
        const stored = yield* entries.get(key)
        if ((stored.association?.lifetime.fetchedAt ?? 0) > write.fetchedAt) {
          pending.delete(key)
          return stored
        }
      }
      yield* write.kind === "replacement" ? entries.removeReplaced(key) : remove({ key, write })
      settle(key)
      return yield* entries.get(key)
    }))

  const remove = ({ key, write }: PendingWrite) =>
    Effect.map(entries.forget(key, write.kind === "purge"), () => {
      if (write.kind === "purge") era.notePurge(key)
    })

  const replayOne = (findLocal: (key: StoreKey) => Association | undefined) => (one: PendingWrite) =>
    Effect.uninterruptible(Effect.gen(function*() {
      const { key, write } = one
      if (write.kind !== "replacement") {
        yield* remove(one)
        return settle(key)
      }
      // Write the association itself, so that replicas which do not have it need not ask the domain again.
      const association = findLocal(key)
      const isOurs = association?.lifetime.fetchedAt === write.fetchedAt
      const written = association !== undefined && isOurs &&
        (yield* entries.write(key, association, { fence: permits.afterOutage }))
      if (written) settle(key)
      else yield* replayBeforeRead(one)
    }))

  /** Returns the keys to announce to other replicas. */
  const replayAll = (findLocal: (key: StoreKey) => Association | undefined) =>
    Effect.suspend(() => {
      if (client.state() !== "closed") return Effect.succeed([])
      const requeueLostPurges = Effect.map(era.lostPurges, (keys) => {
        for (const key of keys) pending.add(key, { kind: "purge" })
      })
      const replayPending = Effect.suspend(() =>
        Effect.forEach(pending.oldest(maxReplayed), replayOne(findLocal), { concurrency, discard: true })
      )
      return Effect.andThen(requeueLostPurges, replayPending).pipe(
        Effect.catch(faults.noteError),
        Effect.map(() => unannounced.take(maxReplayed))
      )
    })

  return { replayAll, replayBeforeRead } as const
}
