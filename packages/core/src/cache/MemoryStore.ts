/**
 * The memory cache: least recently used out first, bounded by entries and octets (POSH-CAC-05).
 */
import { Clock, Effect, Layer } from "effect"
import { LRUCache } from "lru-cache"
import type { Association } from "../Association.ts"
import type { Material } from "../Material.ts"
import { type Absence, AssociationStore, type StoreKey } from "./AssociationStore.ts"

export interface MemoryStoreOptions {
  /** Keys remembered at most; each costs about a kilobyte. */
  readonly entries: number
  /** Estimated octets of material and evidence held at most. */
  readonly octets: number
}

/** What is known of one key, with both clocks at the time of storing (POSH-CAC-35). */
interface Slot {
  readonly association: Association | undefined
  readonly absence: Absence | undefined
  readonly wallMs: number
  readonly monotonicMs: number
}

export const makeMemoryStore = (options: MemoryStoreOptions): Effect.Effect<AssociationStore["Service"]> =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const slots = new LRUCache<string, Slot>({
        max: Math.max(1, options.entries),
        maxSize: Math.max(1, options.octets),
        sizeCalculation: slotOctets
      })
      const monotonicMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const put = (key: StoreKey, association: Association | undefined, absence: Absence | undefined) => {
        if (association === undefined && absence === undefined) return void slots.delete(key.text)
        slots.set(key.text, {
          association,
          absence,
          wallMs: clock.currentTimeMillisUnsafe(),
          monotonicMs: monotonicMs()
        })
      }
      const peek = (key: StoreKey) => slots.peek(key.text)

      return AssociationStore.of({
        get: (key) =>
          Effect.sync(() => {
            const wallMs = clock.currentTimeMillisUnsafe()
            const slot = slots.get(key.text)
            if (slot === undefined) return { tier: "memory", asOf: wallMs }
            const asOf = Math.max(wallMs, slot.wallMs + Math.floor(monotonicMs() - slot.monotonicMs))
            const { absence, association } = slot
            return {
              tier: "memory",
              asOf,
              ...(association !== undefined && asOf < association.lifetime.expiresAt ? { association } : {}),
              ...(absence === undefined ? {} : { absence })
            }
          }),
        putAssociation: (key, association) => Effect.sync(() => put(key, association, undefined)),
        putAbsence: (key, absence) => Effect.sync(() => put(key, peek(key)?.association, absence)),
        removeAssociation: (key) => Effect.sync(() => put(key, undefined, peek(key)?.absence)),
        forget: (key) => Effect.sync(() => put(key, undefined, undefined))
      })
    })
  )

export const layerMemory = (options: MemoryStoreOptions): Layer.Layer<AssociationStore> =>
  Layer.effect(AssociationStore, makeMemoryStore(options))

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
