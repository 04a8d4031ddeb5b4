/**
 * A near store in front of a far one that a fleet shares: what is near answers without asking; what one process changes,
 * the others drop.
 */
import { Effect, type Scope } from "effect"
import { isWithdrawal } from "../../codes.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import type { AssociationStore, CacheEntry, PendingPurge } from "./AssociationStore.ts"
import { makeChannel } from "./Channel.ts"
import type { MarkedEntry, NearStore } from "./NearStore.ts"

type Store = AssociationStore["Service"]

/** A store that a fleet shares. It may lose everything, and some of our writes may not have reached it. */
export interface FarStore extends Store {
  /** Names what the store holds as a whole: another one where it lost everything. `undefined` where it cannot be asked. */
  readonly era: Effect.Effect<string | undefined>
  /** Was an association of the key taken away on purpose, and not merely lost? `undefined` where it cannot be asked. */
  readonly isRemoved: (key: StoreKey) => Effect.Effect<boolean | undefined>
  /** Did a write of ours about the key not get there? */
  readonly isWritePending: (key: StoreKey) => boolean
}

/** What other processes say. */
export interface Changes {
  /** False where nobody could be told; that is made up for later. */
  readonly announce: (key: StoreKey) => Effect.Effect<boolean>
  /**
   * Calls back for as long as the scope lasts. `onLost` when changes may have gone unheard, `onBack` when the channel
   * stands again; it starts lost.
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

    // What is near counts only while changes are heard; else the far store is asked first, if it can be.
    const canServe = (nearEntry: MarkedEntry): boolean => channel.isCurrent(nearEntry.mark) && isConclusive(nearEntry)

    const recall = (key: StoreKey, now?: Stamp): CacheEntry | undefined => {
      const nearEntry = near.recall(key, now)
      return canServe(nearEntry) ? nearEntry : undefined
    }

    const get = (key: StoreKey, deadline?: Deadline) =>
      Effect.suspend(() => {
        const nearEntry = near.recall(key)
        return canServe(nearEntry) ? Effect.succeed<CacheEntry>(nearEntry) : readThrough(key, nearEntry, deadline)
      })

    const readThrough = Effect.fnUntraced(function*(key: StoreKey, nearEntry: MarkedEntry, deadline?: Deadline) {
      const before = channel.versionOf(key.text)
      const { remembered, source, farEntry } = yield* withDeadline(
        readFar(key, nearEntry),
        deadline,
        fromNearAlone(nearEntry)
      )
      // Changed in the meantime, here or elsewhere: then this is answered, and not kept.
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
      // Of a negative entry, silence says nothing but that the far store never had it, or that it is over.
      const isNews = removed || (nearEntry.association !== undefined && channel.wasShared(nearEntry.mark))
      return isNews ? fromFar(farEntry) : fromNear(nearEntry, farEntry)
    })

    /** The far store decides, then what is near follows. Whole, because others have to be told. */
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
        // Heard in the meantime that the key was forgotten, say: then nothing of this stays.
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

    // Read before the channel is lost again, so that afterwards it can be seen whether the far store lost everything.
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
        getShared: (key) => Effect.suspend(() => readThrough(key, near.recall(key))),
        putAssociation: (key, association, permit, asOf) =>
          write(key, (store) => store.putAssociation(key, association, permit, asOf)),
        putNegative: (key, negative, permit, asOf) =>
          write(key, (store) => store.putNegative(key, negative, permit, asOf), "negative"),
        removeAssociation: (key, permit) => write(key, (store) => store.removeAssociation(key, permit)),
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

/** Would the far store's word change the answer? Not while material is fresh, or a back-off runs. */
const isConclusive = ({ negative, asOf, association }: CacheEntry): boolean =>
  association !== undefined ? asOf < association.lifetime.revalidateAt : negative !== undefined && asOf < negative.until

/** What is remembered, and which store says so. */
interface TieredRead {
  readonly remembered: CacheEntry
  readonly source: "far" | "near" | "none"
  /** What the far store has beside what is near. */
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

/** Does the far store lack what is near, and say nothing in its place? */
const isMissingFrom = (nearEntry: CacheEntry, farEntry: CacheEntry): boolean =>
  farEntry.association === undefined &&
  (nearEntry.association !== undefined || (nearEntry.negative !== undefined && farEntry.negative === undefined))

const isWithdrawn = ({ negative }: CacheEntry): boolean => negative !== undefined && isWithdrawal(negative.error.code)

/** As the far store judges it, so that it does not become younger on the way (POSH-CAC-35). */
const copyToNear = Effect.fnUntraced(
  function*(near: Store, key: StoreKey, { negative, asOf, association }: CacheEntry) {
    if (association === undefined && negative === undefined) return yield* Effect.asVoid(near.forget(key))
    if (association === undefined) yield* near.forget(key)
    else yield* near.putAssociation(key, association, undefined, asOf)
    if (negative !== undefined) yield* near.putNegative(key, negative, undefined, asOf)
  }
)
