/**
 * A page of an inventory, selected from entries in any order.
 */
import type { InventoryQuery } from "./AssociationStore.ts"
import { comparePositions, type Position } from "./cursor.ts"

interface Place<A> extends Position {
  readonly entry: A
}

export interface Page<A> {
  readonly entries: ReadonlyArray<A>
  /** Present if there are more. */
  readonly cursor?: Position
}

/** Selects the first `limit` places after the cursor without holding all of them. */
export const makePage = <A>({ cursor, expiresBefore = Number.POSITIVE_INFINITY, limit }: InventoryQuery) => {
  const wanted = limit + 1 // the extra one shows whether there are more
  const pruneAt = wanted + Math.max(wanted, 1_000) // sorting a few at a time is expensive
  let places: Array<Place<A>> = []
  let last: Position = { expiresAt: expiresBefore, key: "" } // only places before it can be on the page
  const prune = () => {
    places = places.sort(comparePositions).slice(0, wanted)
    if (places.length === wanted) last = places[wanted - 1] ?? last
  }
  return {
    offer: (entry: A, expiresAt: number, key: string): void => {
      if (expiresAt > last.expiresAt) return // the common case in a large store
      const place = { expiresAt, key, entry }
      if (comparePositions(place, last) >= 0) return
      if (cursor !== undefined && comparePositions(place, cursor) <= 0) return
      places.push(place)
      if (places.length >= pruneAt) prune()
    },
    finish: (): Page<A> => {
      prune()
      const page = places.slice(0, limit)
      const end = places.length > limit ? page.at(-1) : undefined
      return {
        entries: page.map(({ entry }) => entry),
        ...(end === undefined ? {} : { cursor: { expiresAt: end.expiresAt, key: end.key } })
      }
    }
  }
}
