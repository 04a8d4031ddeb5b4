/**
 * A near store in front of a far one that a fleet shares: what is near answers without asking; what one process changes,
 * the others drop.
 */
import { Effect, type Scope } from "effect"
import type { AssociationStore, Remembered, StoreKey } from "./AssociationStore.ts"

type Store = AssociationStore["Service"]

/** A store that can be told by name, or altogether, to forget. */
export interface NearStore extends Store {
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
    const channel = { stands: false, heard: 0 }
    const forgetAll = (stands: boolean) => () => {
      channel.stands = stands
      channel.heard += 1
      near.clear()
    }

    const get = Effect.fnUntraced(function*(key: StoreKey) {
      const here = yield* near.get(key)
      // What is near counts only while changes are heard; else the far store is asked first, if it can be.
      if (channel.stands && answersAlone(here)) return here
      const { heard } = channel
      const there = yield* far.get(key)
      if (there.away === true) return { ...here, away: true }
      // A change that was heard in the meantime may be about this: then it is answered, and not kept.
      if (channel.stands && channel.heard === heard) yield* keep(near, key, there)
      return there
    })

    const through = (write: (store: Store) => Effect.Effect<void>, key: StoreKey) =>
      write(near).pipe(Effect.andThen(write(far)), Effect.andThen(changes.announce(key)))

    return Effect.as(
      changes.listen({
        changed: (keyText) => {
          channel.heard += 1
          near.drop(keyText)
        },
        lost: forgetAll(false),
        back: forgetAll(true)
      }),
      {
        get,
        putAssociation: (key, association) => through((store) => store.putAssociation(key, association), key),
        putAbsence: (key, absence) => through((store) => store.putAbsence(key, absence), key),
        removeAssociation: (key) => through((store) => store.removeAssociation(key), key),
        forget: (key) => through((store) => store.forget(key), key),
        inventory: far.inventory
      } satisfies Store
    )
  })

/** Would the far store's word change the answer? Not while material is fresh, or a back-off runs. */
const answersAlone = ({ absence, asOf, association }: Remembered): boolean =>
  association !== undefined ? asOf < association.lifetime.revalidateAt : absence !== undefined && asOf < absence.until

const keep = Effect.fnUntraced(function*(near: Store, key: StoreKey, { absence, association }: Remembered) {
  if (association === undefined && absence === undefined) return yield* near.forget(key)
  if (association === undefined) yield* near.forget(key)
  else yield* near.putAssociation(key, association)
  if (absence !== undefined) yield* near.putAbsence(key, absence)
})
