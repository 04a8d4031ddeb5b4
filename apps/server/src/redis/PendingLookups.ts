/**
 * Look-ups in Redis that are stale, because a write or a purge did not reach it. This process does not believe them until they
 * are gone; others do, to the end of their TTL at most.
 */
import type { CacheKey } from "@posh/core/cache"
import { Effect } from "effect"
import { LRUCache } from "lru-cache"
import type { RedisError } from "./RedisError.ts"
import { makeUnannounced } from "./Unannounced.ts"

/** `removal`: of what a newer look-up replaced. `purge`: with a fence, so that no flight stores an earlier look-up. */
export type PendingKind = "removal" | "purge"

export interface PendingLookups {
  /** A pending purge stays one. */
  readonly add: (key: CacheKey, kind: PendingKind) => void
  readonly settle: (key: CacheKey) => void
  /** The same, and other replicas are told: they may have read what is gone now. */
  readonly settleGone: (key: CacheKey) => void
  readonly has: (key: CacheKey) => boolean
  /** Does what is pending for the key, before it is read. */
  readonly complete: (key: CacheKey) => Effect.Effect<void, RedisError>
  /**
   * Does what is pending, the oldest first, as far as Redis lets it. Returns the keys of all that was done since the last call,
   * by whomever: until then other replicas could read what was stale, so each has to be announced.
   */
  readonly completeAll: Effect.Effect<ReadonlyArray<CacheKey>>
}

interface Commands {
  readonly remove: (key: CacheKey) => Effect.Effect<unknown, RedisError>
  readonly purge: (key: CacheKey) => Effect.Effect<unknown, RedisError>
  readonly noteError: (error: RedisError) => Effect.Effect<void>
}

/** Maximum; of the oldest the look-ups in Redis are believed again, as other replicas do. */
const maxPending = 10_000

/** Keys that are completed concurrently, and at most in one call. */
const concurrency = 16
const maxCompleted = 1_000

export const makePendingLookups = (commands: Commands): PendingLookups => {
  const pending = new LRUCache<string, { readonly key: CacheKey; readonly kind: PendingKind }>({ max: maxPending })
  const unannounced = makeUnannounced<CacheKey>()

  const settle = ({ text }: CacheKey): void => void pending.delete(text)

  const settleGone = (key: CacheKey): void => {
    settle(key)
    unannounced.add(key)
  }

  const complete = (key: CacheKey) =>
    Effect.suspend(() => {
      const found = pending.peek(key.text)
      if (found === undefined) return Effect.void
      const work = found.kind === "purge" ? commands.purge(key) : commands.remove(key)
      return Effect.uninterruptible(Effect.andThen(work, Effect.sync(() => settleGone(key))))
    })

  return {
    add: (key, kind) => {
      if (pending.peek(key.text)?.kind !== "purge") pending.set(key.text, { key, kind })
    },
    settle,
    settleGone,
    has: ({ text }) => pending.has(text),
    complete,
    completeAll: Effect.suspend(() => {
      const some = [...pending.rvalues()].slice(0, maxCompleted).flatMap((found) => found?.key ?? [])
      return Effect.forEach(some, complete, { concurrency, discard: true }).pipe(
        Effect.catch(commands.noteError),
        Effect.map(() => unannounced.take(maxCompleted))
      )
    })
  }
}
