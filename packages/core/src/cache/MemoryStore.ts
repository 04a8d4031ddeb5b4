/**
 * The memory cache: least recently used out first, bounded by entries and octets (POSH-CAC-05).
 */
import { Clock, Effect, Layer } from "effect"
import { LRUCache } from "lru-cache"
import type { Association } from "../Association.ts"
import type { Material } from "../Material.ts"
import { monotonicMsOf } from "../monotonic.ts"
import { Observer } from "../Observer.ts"
import {
  type Absence,
  AssociationStore,
  type Inventory,
  type InventoryQuery,
  type Remembered,
  type StoreKey
} from "./AssociationStore.ts"
import { comparePositions, type Position } from "./cursor.ts"
import type { NearStore } from "./TieredStore.ts"

export interface MemoryStoreOptions {
  /** Keys remembered at most; each costs about a kilobyte. With 0 nothing is remembered. */
  readonly entries: number
  /** Estimated octets of material and evidence held at most. */
  readonly octets: number
}

interface Clocks {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** What is known of one key, with both clocks at the time of storing (POSH-CAC-35). */
interface Slot extends Clocks {
  readonly association: Association | undefined
  readonly absence: Absence | undefined
}

export const makeMemoryStore = (options: MemoryStoreOptions): Effect.Effect<NearStore> =>
  Effect.zipWith(
    Clock.Clock,
    Observer,
    (clock, observer) => {
      const evicted = { count: 0 }
      const slots = new LRUCache<string, Slot>({
        max: Math.max(1, options.entries),
        maxSize: Math.max(1, options.octets),
        sizeCalculation: slotOctets,
        dispose: (_slot, _key, reason) => {
          if (reason === "evict") evicted.count += 1
        }
      })
      observer.remembering({ entries: () => slots.size, evicted: () => evicted.count })
      const put = (key: StoreKey, association: Association | undefined, absence: Absence | undefined) => {
        if (options.entries === 0 || (association === undefined && absence === undefined)) slots.delete(key.text)
        else slots.set(key.text, { association, absence, ...readClocks() })
        return true
      }
      const peek = (key: StoreKey) => slots.peek(key.text)
      const readClocks = () => ({ wallMs: clock.currentTimeMillisUnsafe(), monotonicMs: monotonicMsOf(clock) })

      const get = (key: StoreKey): Effect.Effect<Remembered> =>
        Effect.sync(() => {
          const slot = slots.get(key.text)
          if (slot === undefined) return { tier: "memory", asOf: clock.currentTimeMillisUnsafe() }
          const now = asOf(slot, readClocks())
          const { absence, association } = slot
          return {
            tier: "memory",
            asOf: now,
            ...(association !== undefined && now < association.lifetime.expiresAt ? { association } : {}),
            ...(absence === undefined ? {} : { absence })
          }
        })

      return {
        get,
        getShared: get,
        putAssociation: (key, association) => Effect.sync(() => put(key, association, undefined)),
        putAbsence: (key, absence) => Effect.sync(() => put(key, peek(key)?.association, absence)),
        removeAssociation: (key) => Effect.sync(() => put(key, undefined, peek(key)?.absence)),
        forget: (key) => Effect.sync(() => void put(key, undefined, undefined)),
        inventory: (query) =>
          Effect.sync(() => {
            const clocks = readClocks()
            const page = makePage(query)
            // Going through all is no use of any: the order of eviction stays.
            slots.forEach((slot, key) => {
              const { association } = slot
              if (association !== undefined && asOf(slot, clocks) < association.lifetime.expiresAt) {
                page.offer(association, key)
              }
            })
            return page.finish()
          }),
        drop: (keyText) => void slots.delete(keyText),
        clear: () => slots.clear()
      } satisfies NearStore
    }
  )

export const layerMemory = (options: MemoryStoreOptions): Layer.Layer<AssociationStore> =>
  Layer.effect(AssociationStore, makeMemoryStore(options))

const asOf = (slot: Slot, now: Clocks): number =>
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
const slotOctets = ({ absence, association }: Slot): number =>
  256 +
  (association === undefined
    ? 0
    : 512 + materialOctets(association.material) + association.hops.length * 512 + association.lints.length * 256) +
  (absence === undefined ? 0 : 512 + absence.error.hops.length * 512)

const materialOctets = (material: Material): number =>
  material._tag === "Fingerprints"
    ? material.descriptors.length * 320
    : material.entries.reduce((sum, { chain }) => sum + 512 + chain.reduce((octets, der) => octets + der.length, 0), 0)
