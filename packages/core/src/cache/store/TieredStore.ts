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
import type { Marked, NearStore } from "./NearStore.ts"

type Store = AssociationStore["Service"]

/** A store that a fleet shares. It may lose everything, and some of our writes may not have reached it. */
export interface FarStore extends Store {
  /** Names what the store holds as a whole: another one where it lost everything. `undefined` where it cannot be asked. */
  readonly era: Effect.Effect<string | undefined>
  /** Was an association of the key taken away on purpose, and not merely lost? `undefined` where it cannot be asked. */
  readonly isRemoved: (key: StoreKey) => Effect.Effect<boolean | undefined>
  /** Did a write of ours about the key not get there? */
  readonly isOwed: (key: StoreKey) => boolean
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
    const isEnough = (here: Marked): boolean => channel.isHeard(here.mark) && answersAlone(here)

    const recall = (key: StoreKey, now?: Stamp): CacheEntry | undefined => {
      const here = near.recall(key, now)
      return isEnough(here) ? here : undefined
    }

    const get = (key: StoreKey, deadline?: Deadline) =>
      Effect.suspend(() => {
        const here = near.recall(key)
        return isEnough(here) ? Effect.succeed<CacheEntry>(here) : ask(key, here, deadline)
      })

    const ask = Effect.fnUntraced(function*(key: StoreKey, here: Marked, deadline?: Deadline) {
      const before = channel.changesOf(key.text)
      const { remembered, source, there } = yield* inTime(consult(key, here), deadline, away(here))
      // Changed in the meantime, here or elsewhere: then this is answered, and not kept.
      if (source === "nobody" || channel.changesOf(key.text) !== before) return remembered
      if (source === "far") yield* keep(near, key, remembered)
      else if (there?.negative !== undefined) yield* near.putNegative(key, there.negative, undefined, remembered.asOf)
      near.mark(key.text, channel.mark(source === "far"))
      return remembered
    })

    const consult = Effect.fnUntraced(function*(key: StoreKey, here: Marked) {
      const there = yield* far.get(key)
      if (there.away === true) return away(here)
      if (!isSilentOn(here, there) || isWithdrawn(there)) return saidBy(there)
      const [removed, era] = yield* Effect.all([far.isRemoved(key), far.era], { concurrency: 2 })
      if (removed === undefined || era === undefined) return away(here)
      channel.noteEra(era)
      // Of a negative entry, silence says nothing but that the far store never had it, or that it is over.
      const isNews = removed || (here.association !== undefined && channel.wasShared(here.mark))
      return isNews ? saidBy(there) : kept(here, there)
    })

    /** The far store decides, then what is near follows. Whole, because others have to be told. */
    const through = (
      key: StoreKey,
      write: (store: NearStore | FarStore) => Effect.Effect<boolean>,
      what?: "negative"
    ) =>
      Effect.uninterruptible(Effect.gen(function*() {
        const before = channel.changesOf(key.text)
        const written = yield* write(far)
        const isLatest = channel.changesOf(key.text) === before
        channel.noteChange(key.text)
        // Heard in the meantime that the key was forgotten, say: then nothing of this stays.
        if (written && isLatest) {
          yield* write(near)
          near.mark(key.text, channel.mark(!far.isOwed(key)), what)
        } else near.drop(key.text)
        return { written, announced: !written || (yield* changes.announce(key)) }
      }))

    const write = (...change: Parameters<typeof through>) => Effect.map(through(...change), ({ written }) => written)

    const forget = Effect.fnUntraced(function*(key: StoreKey) {
      const pending: Array<PendingPurge> = []
      const { announced } = yield* through(key, (store) =>
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
        lost: channel.lost,
        back: () => {
          channel.back()
          runFork(readEra)
        }
      }),
      {
        get,
        recall,
        getShared: (key) => Effect.suspend(() => ask(key, near.recall(key))),
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

const inTime = (asked: Effect.Effect<Word>, deadline: Deadline | undefined, late: Word) =>
  deadline === undefined ? asked : Effect.flatMap(
    remainingMs(deadline),
    (duration) => Effect.timeoutOrElse(asked, { duration, orElse: () => Effect.succeed(late) })
  )

/** Would the far store's word change the answer? Not while material is fresh, or a back-off runs. */
const answersAlone = ({ negative, asOf, association }: CacheEntry): boolean =>
  association !== undefined ? asOf < association.lifetime.revalidateAt : negative !== undefined && asOf < negative.until

/** What is remembered, and which store says so. */
interface Word {
  readonly remembered: CacheEntry
  readonly source: "far" | "near" | "nobody"
  /** What the far store has beside what is near. */
  readonly there?: CacheEntry
}

const away = (here: CacheEntry): Word => ({ source: "nobody", remembered: { ...here, away: true } })
const saidBy = (there: CacheEntry): Word => ({ source: "far", remembered: there })
const kept = (here: CacheEntry, there: CacheEntry): Word => ({
  source: "near",
  there,
  remembered: {
    ...here,
    asOf: Math.max(here.asOf, there.asOf),
    ...(there.negative === undefined ? {} : { negative: there.negative })
  }
})

/** Does the far store lack what is near, and say nothing in its place? */
const isSilentOn = (here: CacheEntry, there: CacheEntry): boolean =>
  there.association === undefined &&
  (here.association !== undefined || (here.negative !== undefined && there.negative === undefined))

const isWithdrawn = ({ negative }: CacheEntry): boolean => negative !== undefined && isWithdrawal(negative.error.code)

/** As the far store judges it, so that it does not become younger on the way (POSH-CAC-35). */
const keep = Effect.fnUntraced(function*(near: Store, key: StoreKey, { negative, asOf, association }: CacheEntry) {
  if (association === undefined && negative === undefined) return yield* Effect.asVoid(near.forget(key))
  if (association === undefined) yield* near.forget(key)
  else yield* near.putAssociation(key, association, undefined, asOf)
  if (negative !== undefined) yield* near.putNegative(key, negative, undefined, asOf)
})
