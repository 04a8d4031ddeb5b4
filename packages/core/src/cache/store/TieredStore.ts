/**
 * A near store (memory) in front of a far store that a fleet shares. Near entries serve without a read of the far store;
 * when one replica changes an entry, the others drop theirs.
 */
import { Effect, type Scope } from "effect"
import { isWithdrawal } from "../../codes.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { CacheKey, StoreKey } from "../../question/StoreKey.ts"
import type { AssociationStore, CacheEntry, PendingPurge } from "./AssociationStore.ts"
import { makeChannel } from "./Channel.ts"
import type { MarkedEntry, NearStore } from "./NearStore.ts"

type Store = AssociationStore["Service"]

/** A store that a fleet shares. It can lose all data, and some of our writes may still be pending. */
export interface FarStore extends Store {
  /** Identifies the data set: it differs after the store lost all data. `undefined` if the store is unavailable. */
  readonly era: Effect.Effect<string | undefined>
  /** True if an association of the key was deleted on purpose, not lost. `undefined` if the store is unavailable. */
  readonly isRemoved: (key: StoreKey) => Effect.Effect<boolean | undefined>
  /** True if a write of ours to the key has not reached the store. */
  readonly isWritePending: (key: StoreKey) => boolean
  /**
   * Reads without a fiber, and calls back later, once: with `undefined` if `get` has to be used. False if it is not sure to
   * call back within `ms`, or a write of ours is pending; then it does not.
   */
  readonly read?: (key: StoreKey, ms: number, then: (entry: CacheEntry | undefined) => void) => boolean
}

/** The change messages between replicas. */
export interface Changes {
  /** False if the message could not be sent; it is retried later. */
  readonly announce: (key: CacheKey) => Effect.Effect<boolean>
  /**
   * Calls back until the scope closes: `changed` for each message, `lost` when messages may be missed, `back` when the
   * channel is up again. It starts as lost.
   */
  readonly listen: (on: {
    readonly changed: (keyText: string) => void
    readonly lost: () => void
    readonly back: () => void
  }) => Effect.Effect<void, never, Scope.Scope>
}

export const makeTieredStore = (
  near: NearStore,
  far: FarStore,
  changes: Changes
): Effect.Effect<Store, never, Scope.Scope> =>
  Effect.gen(function*() {
    const channel = makeChannel()
    const runFork = Effect.runForkWith(yield* Effect.context())

    // A near entry serves alone only while change messages arrive; else the far store is read first, if it is available.
    const canServe = (nearEntry: MarkedEntry): boolean => channel.isCurrent(nearEntry.mark) && isConclusive(nearEntry)

    const ahead = makeAhead()

    const recall = (key: StoreKey, now?: Stamp): CacheEntry | undefined => {
      const entry = ahead.entryOf(key)
      if (entry !== undefined) return entry
      const nearEntry = near.recall(key, now)
      return canServe(nearEntry) ? nearEntry : undefined
    }

    const get = (key: StoreKey, deadline?: Deadline) =>
      Effect.suspend(() => {
        const entry = ahead.entryOf(key)
        if (entry !== undefined) return Effect.succeed(entry)
        const nearEntry = near.recall(key)
        return canServe(nearEntry) ? Effect.succeed<CacheEntry>(nearEntry) : readThrough(key, nearEntry, deadline)
      })

    /** The same as `readThrough` where no near entry has a say. */
    const readAhead = (key: StoreKey, ms: number, then: () => void): boolean => {
      const { association, negative } = near.recall(key)
      if (far.read === undefined || association !== undefined || negative !== undefined) return false
      const before = channel.versionOf(key.text)
      return far.read(key, ms, (entry) => {
        if (entry === undefined) return then()
        if (channel.versionOf(key.text) === before && near.recall(key).association === undefined) keep(key, entry)
        ahead.during(key, entry, then)
      })
    }

    const keep = (key: StoreKey, entry: CacheEntry): void => {
      if (entry.association === undefined && entry.negative === undefined) return
      Effect.runSync(copyToNear(near, key, entry))
      near.mark(key.text, channel.mark(true))
    }

    const readThrough = Effect.fnUntraced(function*(key: StoreKey, nearEntry: MarkedEntry, deadline?: Deadline) {
      const before = channel.versionOf(key.text)
      const { remembered, source, farEntry } = yield* withDeadline(
        readFar(key, nearEntry),
        deadline,
        fromNearAlone(nearEntry)
      )
      // If the key was changed during the read, by any replica, the entry serves but is not stored.
      if (source === "none" || channel.versionOf(key.text) !== before) return remembered
      if (source === "far") yield* copyToNear(near, key, remembered)
      else if (farEntry?.negative !== undefined) {
        yield* near.putNegative(key, farEntry.negative, undefined, remembered.asOf)
      }
      near.mark(key.text, channel.mark(source === "far"))
      return remembered
    })

    const readFar = Effect.fnUntraced(function*(key: StoreKey, nearEntry: MarkedEntry) {
      const farEntry = yield* far.get(key)
      if (farEntry.away === true) return fromNearAlone(nearEntry)
      if (!isMissingFrom(nearEntry, farEntry) || isWithdrawn(farEntry)) return fromFar(farEntry)
      const [removed, era] = yield* Effect.all([far.isRemoved(key), far.era], { concurrency: 2 })
      if (removed === undefined || era === undefined) return fromNearAlone(nearEntry)
      channel.noteEra(era)
      // An absent negative entry was never stored there, or has expired: that is no news. An absent association can be.
      const isNews = removed || (nearEntry.association !== undefined && channel.wasShared(nearEntry.mark))
      return isNews ? fromFar(farEntry) : fromNear(nearEntry, farEntry)
    })

    /** Writes the far store first; the near store follows. Uninterruptible, because the change has to be announced. */
    const writeThrough = (
      key: StoreKey,
      write: (store: NearStore | FarStore) => Effect.Effect<boolean>,
      what?: "negative"
    ) =>
      Effect.uninterruptible(Effect.gen(function*() {
        const before = channel.versionOf(key.text)
        const written = yield* write(far)
        const isLatest = channel.versionOf(key.text) === before
        channel.noteChange(key.text)
        // If the key was changed during the write, such as by a purge, the near entry is dropped.
        if (written && isLatest) {
          yield* write(near)
          near.mark(key.text, channel.mark(!far.isWritePending(key)), what)
        } else near.drop(key.text)
        return { written, announced: !written || (yield* changes.announce(key)) }
      }))

    const write = (...change: Parameters<typeof writeThrough>) =>
      Effect.map(writeThrough(...change), ({ written }) => written)

    const forget = Effect.fnUntraced(function*(key: StoreKey) {
      const pending: Array<PendingPurge> = []
      const { announced } = yield* writeThrough(key, (store) =>
        Effect.map(store.forget(key), (purge) => {
          pending.push(...purge.pending)
          return true
        }))
      if (!announced && !pending.includes("announcement")) pending.push("announcement")
      return { pending }
    })

    // Read on every reconnection, so that a loss of all data is noticed after the next one.
    const readEra = Effect.map(far.era, (era) => era === undefined ? undefined : channel.noteEra(era))

    return yield* Effect.as(
      changes.listen({
        changed: (keyText) => {
          channel.noteChange(keyText)
          near.drop(keyText)
        },
        lost: channel.noteDown,
        back: () => {
          channel.noteUp()
          runFork(readEra)
        }
      }),
      {
        get,
        recall,
        readAhead,
        getShared: (key) => Effect.suspend(() => readThrough(key, near.recall(key))),
        putAssociation: (key, association, permit, asOf) =>
          write(key, (store) => store.putAssociation(key, association, permit, asOf)),
        putNegative: (key, negative, permit, asOf) =>
          write(key, (store) => store.putNegative(key, negative, permit, asOf), "negative"),
        withdraw: (key, negative, permit, asOf) => write(key, (store) => store.withdraw(key, negative, permit, asOf)),
        forget,
        inventory: (query) =>
          Effect.flatMap(far.inventory(query), (page) =>
            page.partial === true
              ? Effect.map(near.inventory(query), (own) => ({ ...own, partial: true as const }))
              : Effect.succeed(page))
      } satisfies Store
    )
  })

const withDeadline = (asked: Effect.Effect<TieredRead>, deadline: Deadline | undefined, late: TieredRead) =>
  deadline === undefined ? asked : Effect.flatMap(
    remainingMs(deadline),
    (duration) => Effect.timeoutOrElse(asked, { duration, orElse: () => Effect.succeed(late) })
  )

/** The entry that was just read, for those who run while it is handed on: they do not read it again. */
const makeAhead = () => {
  let held: { readonly keyText: string; readonly entry: CacheEntry } | undefined
  return {
    entryOf: ({ text }: StoreKey): CacheEntry | undefined => held?.keyText === text ? held.entry : undefined,
    during: ({ text }: StoreKey, entry: CacheEntry, then: () => void): void => {
      held = { keyText: text, entry }
      try {
        then()
      } finally {
        held = undefined
      }
    }
  }
}

/** True if the far store's entry could not change the answer: the material is fresh, or the negative entry has not expired. */
const isConclusive = ({ negative, asOf, association }: CacheEntry): boolean =>
  association !== undefined ? asOf < association.lifetime.revalidateAt : negative !== undefined && asOf < negative.until

/** The entry to serve, and which store it came from; `none`: the far store was unavailable. */
interface TieredRead {
  readonly remembered: CacheEntry
  readonly source: "far" | "near" | "none"
  /** The far store's entry, if the near one serves. */
  readonly farEntry?: CacheEntry
}

const fromNearAlone = (nearEntry: CacheEntry): TieredRead => ({
  source: "none",
  remembered: { ...nearEntry, away: true }
})
const fromFar = (farEntry: CacheEntry): TieredRead => ({ source: "far", remembered: farEntry })
const fromNear = (nearEntry: CacheEntry, farEntry: CacheEntry): TieredRead => ({
  source: "near",
  farEntry,
  remembered: {
    ...nearEntry,
    asOf: Math.max(nearEntry.asOf, farEntry.asOf),
    ...(farEntry.negative === undefined ? {} : { negative: farEntry.negative })
  }
})

/** True if the far store has neither the near entry nor another one in its place. */
const isMissingFrom = (nearEntry: CacheEntry, farEntry: CacheEntry): boolean =>
  farEntry.association === undefined &&
  (nearEntry.association !== undefined || (nearEntry.negative !== undefined && farEntry.negative === undefined))

const isWithdrawn = ({ negative }: CacheEntry): boolean => negative !== undefined && isWithdrawal(negative.error.code)

/** Stores the entry with the far store's `asOf`, so that it does not become younger by the copy (POSH-CAC-35). */
const copyToNear = Effect.fnUntraced(
  function*(near: Store, key: StoreKey, { negative, asOf, association }: CacheEntry) {
    if (association === undefined && negative === undefined) return yield* Effect.asVoid(near.forget(key))
    if (association === undefined) yield* near.forget(key)
    else yield* near.putAssociation(key, association, undefined, asOf)
    if (negative !== undefined) yield* near.putNegative(key, negative, undefined, asOf)
  }
)
