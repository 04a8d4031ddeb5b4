/**
 * The memory cache: an LRU cache bounded by entries and bytes (POSH-CAC-05).
 *
 * **Details**
 *
 * Material and negative entries have separate bounds, so a caller that invents names, which publish nothing, evicts no
 * material.
 */
import { Clock, Effect, Layer } from "effect"
import { LRUCache } from "lru-cache"
import type { Association } from "../../association/Association.ts"
import { usableUntil } from "../../association/Lifetime.ts"
import { type Stamp, stampOf, timeSince } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import { ResolutionObserver } from "../ResolutionObserver.ts"
import { AssociationStore, type NegativeEntry, nothingPending } from "./AssociationStore.ts"
import { associationEntry, leastBytes, type MemoryEntry, negativeEntry } from "./memoryEntry.ts"
import { type MarkedEntry, type NearStore, unmarked } from "./NearStore.ts"
import { makePage } from "./page.ts"

export interface MemoryStoreOptions {
  /** Maximum of associations, and of negative entries; each takes about a kilobyte. With 0 nothing is cached. */
  readonly entries: number
  /** Maximum of bytes of associations, evidence included; negative entries have an eighth of it in addition. */
  readonly octets: number
}

/** A stored value, with both clocks at the time of storing (POSH-CAC-35). */
interface Slot<A> extends Stamp {
  readonly value: A
  /** See {@link NearStore.mark}. */
  mark: number
  /** False: the key has no negative entry. So a fresh association takes one look-up. */
  mayHaveNegative: boolean
}

export const makeMemoryStore = ({ entries, octets }: MemoryStoreOptions): Effect.Effect<NearStore> =>
  Effect.zipWith(
    Clock.Clock,
    ResolutionObserver,
    (clock, observer) => {
      requireBounds({ entries, octets })
      const evicted = { count: 0 }
      const onEvicted = () => {
        evicted.count += 1
      }
      const associations = makeSlots<Association>(entries, octets, onEvicted)
      const negatives = makeSlots<NegativeEntry>(Math.min(entries, octets / 8 / leastBytes), octets / 8, onEvicted)
      observer.remembering({
        entries: () => associations.size + negatives.size,
        bytes: () => associations.calculatedSize + negatives.calculatedSize,
        evicted: () => evicted.count
      })
      const readClocks = () => stampOf(clock)
      const put = <A>(slots: Slots<A>, make: () => MemoryEntry<A>, asOf: number) => {
        if (entries === 0) return // skips the copy
        const { bytes, keyText, value } = make()
        const { monotonicMs, wallMs } = readClocks()
        const slot = { value, mark: unmarked, wallMs: Math.max(wallMs, asOf), monotonicMs, mayHaveNegative: false }
        slots.set(keyText, slot, { size: bytes })
      }
      const forget = (keyText: string) => {
        associations.delete(keyText)
        negatives.delete(keyText)
      }

      const recall = (key: StoreKey, clocks = readClocks()): MarkedEntry => {
        const slot = associations.get(key.text)
        const negativeSlot = slot?.mayHaveNegative === false ? undefined : negatives.get(key.text)
        if (slot === undefined && negativeSlot === undefined) return { tier: "memory", asOf: clocks.wallMs }
        const now = Math.max(timeSince(slot ?? clocks, clocks), timeSince(negativeSlot ?? clocks, clocks))
        const usable = slot !== undefined && now < usableUntil(slot.value.lifetime) ? slot : undefined
        if (usable !== undefined && negativeSlot === undefined) { // the hot path: one object literal
          return { tier: "memory", asOf: now, mark: usable.mark, association: usable.value }
        }
        return {
          tier: "memory",
          asOf: now,
          // The association is never newer than the negative entry, so its mark is the older of the two.
          mark: (slot ?? negativeSlot)?.mark ?? unmarked,
          ...(usable === undefined ? {} : { association: usable.value }),
          ...(negativeSlot === undefined ? {} : { negative: negativeSlot.value })
        }
      }
      const get = (key: StoreKey) => Effect.sync(() => recall(key))

      return {
        get,
        recall,
        getShared: get,
        putAssociation: (key, association, _permit, asOf = association.lifetime.fetchedAt) =>
          Effect.sync(() => {
            put(associations, () => associationEntry(key.text, association), asOf)
            negatives.delete(key.text)
            return true
          }),
        putNegative: (key, negative, _permit, asOf = negative.learnedAt) =>
          Effect.sync(() => {
            put(negatives, () => negativeEntry(key.text, negative), asOf)
            const slot = associations.peek(key.text)
            if (slot !== undefined) slot.mayHaveNegative = true
            return true
          }),
        withdraw: (key, negative, _permit, asOf = negative.learnedAt) =>
          Effect.sync(() => {
            associations.delete(key.text)
            put(negatives, () => negativeEntry(key.text, negative), asOf)
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
            const page = makePage<Association>(query)
            // `forEach` does not count as use: it keeps the order of eviction.
            associations.forEach((slot, key) => {
              const { lifetime } = slot.value
              if (timeSince(slot, clocks) < usableUntil(lifetime)) page.offer(slot.value, lifetime.expiresAt, key)
            })
            const { entries: found, ...more } = page.finish()
            return { associations: found, ...more }
          }),
        drop: forget,
        mark: (keyText, mark, what = "all") => {
          const negative = negatives.peek(keyText)
          if (negative !== undefined) negative.mark = mark
          const association = what === "all" ? associations.peek(keyText) : undefined
          if (association !== undefined) association.mark = mark
        }
      } satisfies NearStore
    }
  )

export const layerMemory = (options: MemoryStoreOptions): Layer.Layer<AssociationStore> =>
  Layer.effect(AssociationStore, makeMemoryStore(options))

/** For programs without types: no bound is no cache, and the library below says nothing of whose option it is. */
const requireBounds = (bounds: MemoryStoreOptions): void => {
  for (const [option, bound] of Object.entries(bounds)) {
    if (!(bound >= 0)) throw new RangeError(`${option}: must be a number of at least 0`)
  }
}

type Slots<A> = LRUCache<string, Slot<A>>

/** Each entry is set with its size. */
const makeSlots = <A>(max: number, maxSize: number, onEvicted: () => void): Slots<A> =>
  new LRUCache({
    max: Math.max(1, Math.floor(max)),
    maxSize: Math.max(1, Math.floor(maxSize)),
    dispose: (_slot, _key, reason) => reason === "evict" ? onEvicted() : undefined
  })
