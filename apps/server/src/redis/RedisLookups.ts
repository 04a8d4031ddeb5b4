/**
 * What DNS says of services (DANE) in Redis, shared by a fleet. Redis may be slow, lose its data or be away: the store then has
 * nothing, and says so, and DNS is asked (POSH-PRF-28).
 *
 * **Details**
 *
 * A look-up lives for minutes, so its end must not depend on whose clock is right: Redis keeps it for a duration, and whoever
 * reads it takes the end that comes first, by Redis or by the instants inside (`lookupUnder`).
 */
import {
  type CacheKey,
  type Changes,
  decodeLookup,
  encodeLookup,
  type InventoryLookup,
  lookupEnd,
  type LookupRead,
  type LookupStoreShape,
  lookupUnder,
  type LookupWrite,
  nothingPending,
  type Permit,
  type Purge,
  type ServiceLookup
} from "@posh/core/cache"
import { makeSteadyClock } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import { type IndexEntry, makeExpiryIndex } from "./ExpiryIndex.ts"
import type { FaultLog } from "./FaultLog.ts"
import { makeKeys, parseLookupMember, toLookupMember } from "./keys.ts"
import { makePages } from "./pages.ts"
import { makePendingLookups } from "./PendingLookups.ts"
import type { RedisError } from "./RedisError.ts"
import { fencedTimedWrite, fencedWrite, forgetKey, noTombstone, readTimed } from "./scripts.ts"
import type { Seal } from "./seal.ts"
import { isOversized, makeTexts } from "./Values.ts"

export interface RedisLookupsOptions {
  readonly client: RedisClient
  /** Prefix of every key; without braces. */
  readonly prefix: string
  readonly seal: Seal
  readonly faults: FaultLog
  readonly changes: Changes
}

export interface RedisLookups extends LookupStoreShape {
  /**
   * Completes what did not reach Redis, once it is usable, and returns the keys whose look-ups are gone: other replicas may have
   * read them. Call it periodically.
   */
  readonly replay: Effect.Effect<ReadonlyArray<CacheKey>>
  /** Removes dangling members of the index, one batch per call. Call it periodically. */
  readonly prune: Effect.Effect<void>
}

interface TimedLookup {
  /** As it was written, by the clock of the writer. */
  readonly stored: ServiceLookup
  /** Milliseconds, by the clock of Redis; negative for a value without an end, which is none of ours. */
  readonly leftMs: number
}

const pendingStore: Purge = { pending: ["store", "announcement"] }

export const makeRedisLookups = (
  { changes, client, faults, prefix, seal }: RedisLookupsOptions
): Effect.Effect<RedisLookups> =>
  Effect.gen(function*() {
    // As of associations: it detects that the wall clock went back (POSH-CAC-35).
    const now = makeSteadyClock(yield* Clock.Clock)
    const keys = makeKeys(prefix)
    const texts = makeTexts(seal, faults)

    /** `null`: there is no value. `undefined`: there is one that is none of ours, which is noted. */
    const readStored = Effect.fnUntraced(function*(key: CacheKey): Effect.fn.Return<
      TimedLookup | null | undefined,
      RedisError
    > {
      const redisKey = keys.lookup(key)
      const reply = yield* readTimed(client, [redisKey], [])
      const [value = null, leftMs] = Array.isArray(reply) ? reply : []
      if (value === null) return null
      // No replica writes it, and every replica would read it again with each question.
      if (isOversized(value)) yield* Effect.ignore(client.send("DEL", redisKey))
      const stored = yield* texts.orNote(texts.read(redisKey, value, (text) => decodeLookup(text, key)))
      return stored === undefined ? undefined : { stored, leftMs: Number(leftMs) }
    })

    const index = yield* makeExpiryIndex<CacheKey>(client, {
      index: keys.lookupExpiry,
      entry: keys.lookup,
      toMember: toLookupMember,
      parseMember: parseLookupMember,
      findExpiry: (key) => Effect.map(readStored(key), (found) => found ? lookupEnd(found.stored) : undefined)
    })

    /** Whatever its token: what is removed without need is asked for once more. */
    const remove = (key: CacheKey, permit?: Permit) =>
      Effect.map(
        fencedWrite(client, [keys.fence(key), keys.lookup(key)], [permit?.fence ?? "", noTombstone]),
        (reply) => Number(reply) === 1
      ).pipe(Effect.tap((removed) => removed ? index.drop(key) : Effect.void))

    const purge = (key: CacheKey) =>
      Effect.andThen(
        forgetKey(client, [keys.fence(key), keys.lookup(key), keys.flight(key)], ["0"]),
        index.drop(key)
      )

    const pending = makePendingLookups({ remove, purge, noteError: faults.noteError })

    /** The value in Redis is stale, and could not be replaced or purged. Deleting may work where nothing else does. */
    const keepPending = (key: CacheKey, kind: "purge" | "removal", error: RedisError) =>
      Effect.suspend(() => {
        pending.add(key, kind)
        const deleted = Effect.andThen(
          client.send("DEL", keys.lookup(key)),
          // Without a fence, so it completes no purge.
          Effect.sync(() => kind === "removal" ? pending.settleGone(key) : undefined)
        )
        return Effect.andThen(faults.noteError(error), Effect.ignore(deleted))
      })

    const get = (key: CacheKey): Effect.Effect<LookupRead> =>
      Effect.andThen(pending.complete(key), readStored(key)).pipe(
        Effect.map((found): LookupRead => {
          const asOf = now()
          const lookup = found ? lookupUnder(found.stored, found.leftMs, asOf) : undefined
          return lookup === undefined ? { asOf } : { asOf, lookup }
        }),
        Effect.catch((error) => Effect.map(faults.noteError(error), (): LookupRead => ({ asOf: now(), away: true })))
      )

    const write = Effect.fnUntraced(function*(key: CacheKey, lookup: ServiceLookup, leftMs: number, permit?: Permit) {
      const redisKey = keys.lookup(key)
      const duration = Math.floor(leftMs)
      const value = duration > 0 ? yield* texts.write(redisKey, encodeLookup(lookup, key)) : undefined
      // What was stored before is no longer what DNS says.
      if (value === undefined) return yield* remove(key, permit)
      const expiresAt = lookupEnd(lookup)
      yield* index.add(key, expiresAt)
      const reply = yield* fencedTimedWrite(
        client,
        [keys.fence(key), redisKey],
        [permit?.fence ?? "", value, duration]
      )
      const written = Number(reply) === 1
      yield* written ? index.add(key, expiresAt) : index.drop(key)
      return written
    })

    const put = (key: CacheKey, lookup: ServiceLookup, leftMs: number, permit?: Permit) =>
      write(key, lookup, leftMs, permit).pipe(
        Effect.map((written): LookupWrite => {
          if (written) pending.settle(key)
          return written ? "stored" : "stale"
        }),
        Effect.catch((error) => Effect.as(keepPending(key, "removal", error), "away" as const)),
        Effect.tap(Effect.catch(index.sweep, faults.noteError)),
        Effect.uninterruptible
      )

    const forget = (key: CacheKey): Effect.Effect<Purge> =>
      purge(key).pipe(
        Effect.map(() => {
          pending.settle(key)
          return nothingPending
        }),
        Effect.catch((error) => Effect.as(keepPending(key, "purge", error), pendingStore)),
        Effect.uninterruptible
      )

    const readOne = Effect.fnUntraced(function*(
      { cacheKey: key, expiresAt }: IndexEntry<CacheKey>
    ): Effect.fn.Return<InventoryLookup | undefined, RedisError> {
      if (pending.has(key)) return undefined
      const found = yield* readStored(key)
      // Without a value, or with one whose end is another, the member dangles.
      if (found === null || (found && lookupEnd(found.stored) !== expiresAt)) yield* index.drop(key)
      if (!found || lookupEnd(found.stored) !== expiresAt) return undefined
      const lookup = lookupUnder(found.stored, found.leftMs, now())
      return lookup === undefined ? undefined : { key, lookup, expiresAt: lookupEnd(lookup) }
    })
    const readPage = makePages({ index, now, readOne })

    const whileUsable = <A>(work: Effect.Effect<A, RedisError>, otherwise: A) =>
      Effect.suspend(() =>
        client.state() === "closed"
          ? Effect.catch(work, (error) => Effect.as(faults.noteError(error), otherwise))
          : Effect.succeed(otherwise)
      )

    return {
      get,
      put,
      forget,
      changes,
      inventory: (query) =>
        Effect.matchEffect(readPage(query), {
          onFailure: (error) => Effect.as(faults.noteError(error), { lookups: [], partial: true as const }),
          onSuccess: ({ entries, ...more }) => Effect.succeed({ lookups: entries, ...more })
        }),
      replay: whileUsable(pending.completeAll, []),
      prune: whileUsable(index.prune, undefined)
    } satisfies RedisLookups
  })
