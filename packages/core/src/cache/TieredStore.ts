/**
 * A near store in front of a far one that a fleet shares: what is near answers without asking; what one process changes,
 * the others drop.
 */
import { Effect, type Scope } from "effect"
import { type Deadline, remainingMs } from "../Deadline.ts"
import type { AssociationStore, Remembered, StoreKey } from "./AssociationStore.ts"

type Store = AssociationStore["Service"]

/** A store that can be told by name, or altogether, to forget. It has nobody else to ask. */
export interface NearStore extends Store {
  readonly getNow: (key: StoreKey) => Remembered
  readonly drop: (keyText: string) => void
  readonly clear: () => void
}

/** What other processes say. */
export interface Changes {
  readonly announce: (key: StoreKey) => Effect.Effect<void>
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
  far: Store,
  changes: Changes
): Effect.Effect<Store, never, Scope.Scope> =>
  Effect.suspend(() => {
    const channel = { stands: false }
    const news = makeNews()
    const forgetAll = (stands: boolean) => () => {
      channel.stands = stands
      news.ofAll()
      near.clear()
    }

    // What is near counts only while changes are heard; else the far store is asked first, if it can be.
    const isEnough = (here: Remembered): boolean => channel.stands && answersAlone(here)

    const getNow = (key: StoreKey): Remembered | undefined => {
      const here = near.getNow(key)
      return isEnough(here) ? here : undefined
    }

    const get = (key: StoreKey, deadline?: Deadline) =>
      Effect.suspend(() => {
        const here = near.getNow(key)
        return isEnough(here) ? Effect.succeed(here) : ask(key, here, deadline)
      })

    const ask = Effect.fnUntraced(function*(key: StoreKey, here: Remembered, deadline?: Deadline) {
      const before = news.about(key.text)
      const there = yield* inTime(far.get(key), deadline, { ...here, away: true })
      if (there.away === true) return { ...here, away: true }
      // Changed in the meantime, here or elsewhere: then this is answered, and not kept.
      if (channel.stands && news.about(key.text) === before) yield* keep(near, key, there)
      return there
    })

    /** The far store decides, then what is near follows. Whole, because others have to be told. */
    const through = (key: StoreKey, write: (store: Store) => Effect.Effect<boolean>) =>
      Effect.uninterruptible(Effect.gen(function*() {
        const before = news.about(key.text)
        const written = yield* write(far)
        const isLatest = news.about(key.text) === before
        news.of(key.text)
        // Heard in the meantime that the key was forgotten, say: then nothing of this stays.
        if (written && isLatest) yield* write(near)
        else near.drop(key.text)
        if (written) yield* changes.announce(key)
        return written
      }))

    return Effect.as(
      changes.listen({
        changed: (keyText) => {
          news.of(keyText)
          near.drop(keyText)
        },
        lost: forgetAll(false),
        back: forgetAll(true)
      }),
      {
        get,
        getNow,
        getShared: (key) => Effect.suspend(() => ask(key, near.getNow(key))),
        putAssociation: (key, association, permit, asOf) =>
          through(key, (store) => store.putAssociation(key, association, permit, asOf)),
        putAbsence: (key, absence, permit, asOf) =>
          through(key, (store) => store.putAbsence(key, absence, permit, asOf)),
        removeAssociation: (key, permit) => through(key, (store) => store.removeAssociation(key, permit)),
        forget: (key) => Effect.asVoid(through(key, (store) => Effect.as(store.forget(key), true))),
        inventory: (query) =>
          Effect.flatMap(far.inventory(query), (page) =>
            page.partial === true
              ? Effect.map(near.inventory(query), (own) => ({ ...own, partial: true as const }))
              : Effect.succeed(page))
      } satisfies Store
    )
  })

const inTime = (asked: Effect.Effect<Remembered>, deadline: Deadline | undefined, late: Remembered) =>
  deadline === undefined ? asked : Effect.flatMap(
    remainingMs(deadline),
    (duration) => Effect.timeoutOrElse(asked, { duration, orElse: () => Effect.succeed(late) })
  )

/**
 * Counts changes by key, in so many counters: keys that share one are taken for changed with each other, which costs a
 * question to the far store. Fewer would cost that all the time in a fleet that learns much.
 */
const makeNews = () => {
  const counters = new Uint32Array(4_096)
  const place = (keyText: string): number => {
    let sum = 0
    for (let index = 0; index < keyText.length; index += 1) sum = Math.imul(sum, 31) + keyText.charCodeAt(index)
    return sum & (counters.length - 1)
  }
  return {
    of: (keyText: string): void => {
      const at = place(keyText)
      counters[at] = (counters[at] ?? 0) + 1
    },
    ofAll: (): void => counters.forEach((count, at) => counters[at] = count + 1),
    about: (keyText: string): number => counters[place(keyText)] ?? 0
  }
}

/** Would the far store's word change the answer? Not while material is fresh, or a back-off runs. */
const answersAlone = ({ absence, asOf, association }: Remembered): boolean =>
  association !== undefined ? asOf < association.lifetime.revalidateAt : absence !== undefined && asOf < absence.until

/** As the far store judges it, so that it does not become younger on the way (POSH-CAC-35). */
const keep = Effect.fnUntraced(function*(near: Store, key: StoreKey, { absence, asOf, association }: Remembered) {
  if (association === undefined && absence === undefined) return yield* near.forget(key)
  if (association === undefined) yield* near.forget(key)
  else yield* near.putAssociation(key, association, undefined, asOf)
  if (absence !== undefined) yield* near.putAbsence(key, absence, undefined, asOf)
})
