/**
 * What an outage left undone, done when Redis is back.
 */
import type { Association, CacheEntry, StoreKey } from "@posh/core"
import { Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { Entries } from "./Entries.ts"
import type { Era } from "./Era.ts"
import type { FaultLog } from "./FaultLog.ts"
import type { Owed, OwedWrite } from "./Owed.ts"
import type { RedisError } from "./RedisError.ts"
import { permits } from "./scripts.ts"

export interface CatchUpOptions {
  readonly client: RedisClient
  readonly entries: Entries
  readonly era: Era
  readonly owed: Owed
  readonly faults: FaultLog
}

/** Keys settled at once, and so many of them in one call at most. */
const atOnce = 16
const most = 1_000

export const makeCatchUp = ({ client, entries, era, owed, faults }: CatchUpOptions) => {
  /**
   * The write that is owed to a key comes before what Redis says of it. What others learnt after it counts; anything else
   * is taken away.
   */
  const amend = ({ key, write }: OwedWrite): Effect.Effect<CacheEntry, RedisError> =>
    Effect.uninterruptible(Effect.gen(function*() {
      if (write.kind === "replacement") {
        const there = yield* entries.get(key)
        if ((there.association?.lifetime.fetchedAt ?? 0) > write.fetchedAt) {
          owed.delete(key)
          return there
        }
      }
      yield* write.kind === "replacement" ? entries.removeReplaced(key) : takeAway({ key, write })
      owed.delete(key)
      return yield* entries.get(key)
    }))

  const takeAway = ({ key, write }: OwedWrite) =>
    Effect.map(entries.forget(key, write.kind === "purge"), () => {
      if (write.kind === "purge") era.notePurge(key)
    })

  /** Answers whether others have to be told. */
  const settle = (recall: (key: StoreKey) => Association | undefined) => (one: OwedWrite) =>
    Effect.uninterruptible(Effect.gen(function*() {
      const { key, write } = one
      if (write.kind !== "replacement") {
        yield* takeAway(one)
        owed.delete(key)
        return [key]
      }
      // Replicas that were not there when it was learnt are spared asking the domain again.
      const association = recall(key)
      const isOurs = association?.lifetime.fetchedAt === write.fetchedAt
      const written = association !== undefined && isOurs &&
        (yield* entries.write(key, association, { fence: permits.afterOutage }))
      if (written) owed.delete(key)
      else yield* amend(one)
      return [key]
    }))

  const run = (recall: (key: StoreKey) => Association | undefined) =>
    Effect.suspend(() => {
      if (client.state() !== "closed") return Effect.succeed([])
      const done: Array<StoreKey> = []
      const noteLost = Effect.map(era.lostPurges, (keys) => {
        for (const key of keys) owed.add(key, { kind: "purge" })
      })
      const settleAll = Effect.suspend(() =>
        Effect.forEach(
          owed.oldest(most),
          (one) => Effect.map(settle(recall)(one), (keys) => void done.push(...keys)),
          { concurrency: atOnce, discard: true }
        )
      )
      return Effect.andThen(noteLost, settleAll).pipe(Effect.catch(faults.noteError), Effect.as(done))
    })

  return { amend, run } as const
}
