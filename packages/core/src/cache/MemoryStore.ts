/**
 * The memory cache: least recently used out first, bounded by entries and octets (POSH-CAC-05).
 *
 * **Details**
 *
 * Material and absences are bounded apart: whoever asks about ever new names that publish nothing, which costs nothing to
 * make up, pushes out no material.
 */
import { Clock, Effect, Layer } from "effect"
import { LRUCache } from "lru-cache"
import { type Association, usableUntil } from "../Association.ts"
import type { Material } from "../Material.ts"
import { monotonicMsOf } from "../monotonic.ts"
import { Observer } from "../Observer.ts"
import {
  type Absence,
  AssociationStore,
  type Inventory,
  type InventoryQuery,
  nothingPending,
  type StoreKey
} from "./AssociationStore.ts"
import { comparePositions, type Position } from "./cursor.ts"
import { type Marked, type NearStore, unmarked } from "./NearStore.ts"

export interface MemoryStoreOptions {
  /** Associations remembered at most, and absences; each costs about a kilobyte. With 0 nothing is remembered. */
  readonly entries: number
  /** Estimated octets of associations held at most; absences may have an eighth of it besides. */
  readonly octets: number
}

interface Clocks {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** What is known of one key, with both clocks at the time of storing (POSH-CAC-35). */
interface Slot<A> extends Clocks {
  readonly value: A
  /** See {@link NearStore.mark}. */
  mark: number
}

export const makeMemoryStore = ({ entries, octets }: MemoryStoreOptions): Effect.Effect<NearStore> =>
  Effect.zipWith(
    Clock.Clock,
    Observer,
    (clock, observer) => {
      const evicted = { count: 0 }
      const onEvicted = () => {
        evicted.count += 1
      }
      const associations = makeSlots(entries, octets, associationOctets, onEvicted)
      const absences = makeSlots(Math.min(entries, octets / 8 / leastOctets), octets / 8, absenceOctets, onEvicted)
      observer.remembering({ entries: () => associations.size + absences.size, evicted: () => evicted.count })
      const readClocks = () => ({ wallMs: clock.currentTimeMillisUnsafe(), monotonicMs: monotonicMsOf(clock) })
      const forget = (keyText: string) => {
        associations.delete(keyText)
        absences.delete(keyText)
      }

      const getNow = (key: StoreKey): Marked => {
        const known = associations.get(key.text)
        const missed = absences.get(key.text)
        if (known === undefined && missed === undefined) {
          return { tier: "memory", asOf: clock.currentTimeMillisUnsafe() }
        }
        const clocks = readClocks()
        const now = Math.max(asOf(known ?? clocks, clocks), asOf(missed ?? clocks, clocks))
        return {
          tier: "memory",
          asOf: now,
          // An absence is never older than the association beside it, so the check of that one is the older of the two.
          mark: (known ?? missed)?.mark ?? unmarked,
          ...(known !== undefined && now < usableUntil(known.value.lifetime) ? { association: known.value } : {}),
          ...(missed === undefined ? {} : { absence: missed.value })
        }
      }
      const get = (key: StoreKey) => Effect.sync(() => getNow(key))

      return {
        get,
        getNow,
        getShared: get,
        putAssociation: (key, association) =>
          Effect.sync(() => {
            associations.set(key.text, { value: association, mark: unmarked, ...readClocks() })
            absences.delete(key.text)
            return true
          }),
        putAbsence: (key, absence) =>
          Effect.sync(() => {
            absences.set(key.text, { value: absence, mark: unmarked, ...readClocks() })
            return true
          }),
        removeAssociation: (key) =>
          Effect.sync(() => {
            associations.delete(key.text)
            return true
          }),
        forget: (key) =>
          Effect.sync(() => {
            forget(key.text)
            return nothingPending
          }),
        inventory: (query) =>
          Effect.sync(() => {
            const clocks = readClocks()
            const page = makePage(query)
            // Going through all is no use of any: the order of eviction stays.
            associations.forEach((slot, key) => {
              if (asOf(slot, clocks) < usableUntil(slot.value.lifetime)) page.offer(slot.value, key)
            })
            return page.finish()
          }),
        drop: forget,
        mark: (keyText, mark, what = "all") => {
          const absence = absences.peek(keyText)
          if (absence !== undefined) absence.mark = mark
          const association = what === "all" ? associations.peek(keyText) : undefined
          if (association !== undefined) association.mark = mark
        }
      } satisfies NearStore
    }
  )

export const layerMemory = (options: MemoryStoreOptions): Layer.Layer<AssociationStore> =>
  Layer.effect(AssociationStore, makeMemoryStore(options))

const makeSlots = <A>(max: number, maxSize: number, octetsOf: (value: A) => number, onEvicted: () => void) =>
  new LRUCache<string, Slot<A>>({
    max: Math.max(1, Math.floor(max)),
    maxSize: Math.max(1, Math.floor(maxSize)),
    ...(max === 0 ? { maxEntrySize: 1 } : {}), // takes nothing: everything is larger
    sizeCalculation: ({ value }) => octetsOf(value),
    dispose: (_slot, _key, reason) => reason === "evict" ? onEvicted() : undefined
  })

const asOf = (slot: Clocks, now: Clocks): number =>
  Math.max(now.wallMs, slot.wallMs + Math.floor(now.monotonicMs - slot.monotonicMs))

interface Place extends Position {
  readonly association: Association
}

/** Picks the first so many behind the cursor, in whatever order they are offered, and never holds all of them. */
const makePage = ({ cursor, expiresBefore = Number.POSITIVE_INFINITY, limit }: InventoryQuery) => {
  const wanted = limit + 1 // one more says whether there is more
  const many = wanted + Math.max(wanted, 1_000) // sorting is dear for a few at a time
  let places: Array<Place> = []
  let last: Position = { expiresAt: expiresBefore, key: "" } // only what comes before this can be on the page
  const prune = () => {
    places = places.sort(comparePositions).slice(0, wanted)
    if (places.length === wanted) last = places[wanted - 1] ?? last
  }
  return {
    offer: (association: Association, key: string): void => {
      const { expiresAt } = association.lifetime
      if (expiresAt > last.expiresAt) return // as most of a large store do
      const place = { expiresAt, key, association }
      if (comparePositions(place, last) >= 0) return
      if (cursor !== undefined && comparePositions(place, cursor) <= 0) return
      places.push(place)
      if (places.length >= many) prune()
    },
    finish: (): Inventory => {
      prune()
      const page = places.slice(0, limit)
      const end = places.length > limit ? page.at(-1) : undefined
      return {
        associations: page.map(({ association }) => association),
        ...(end === undefined ? {} : { cursor: { expiresAt: end.expiresAt, key: end.key } })
      }
    }
  }
}

// An estimate on the safe side: objects and strings of the evidence, and the octets of the material.
const leastOctets = 768
const associationOctets = ({ hops, lints, material }: Association): number =>
  leastOctets + materialOctets(material) + hops.length * 512 + lints.length * 256
const absenceOctets = ({ error }: Absence): number => leastOctets + error.hops.length * 512

const materialOctets = (material: Material): number =>
  material._tag === "Fingerprints"
    ? material.descriptors.length * 320
    : material.entries.reduce((sum, { chain }) => sum + 512 + chain.reduce((octets, der) => octets + der.length, 0), 0)
