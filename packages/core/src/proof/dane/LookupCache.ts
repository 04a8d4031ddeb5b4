/**
 * What is remembered of DNS, in two tiers: the memory of this process, in front of a store that a fleet shares, if there is one
 * (POSH-PRF-28).
 *
 * **Details**
 *
 * Memory serves alone only while change messages arrive. What is older than the last reconnection of their channel may have
 * been purged by a message that was missed: then the shared store is read, and if it has nothing, memory forgets too. It
 * takes one resolution to know again. Only where the shared store is away, memory serves as it is, to the end of the TTL.
 */
import { Clock, Effect, type Scope } from "effect"
import { type Flight, makeFlights } from "../../cache/Flights.ts"
import {
  type InventoryQuery,
  nothingPending,
  type PendingPurge,
  type Permit,
  type Purge
} from "../../cache/store/AssociationStore.ts"
import { makeChannel } from "../../cache/store/Channel.ts"
import { daneLimits } from "../../Limits.ts"
import type { Policy } from "../../Policy.ts"
import { type Stamp, stampOf, timeSince } from "../../question/Stamp.ts"
import type { CacheKey } from "../../question/StoreKey.ts"
import type { ServiceLookup } from "./DaneLookup.ts"
import { aged, lookupEnd } from "./lookupEnd.ts"
import { makeLookupMemory, type MemoryLookup } from "./LookupMemory.ts"
import { type LookupInventory, LookupStore, type LookupWrite } from "./LookupStore.ts"

export interface LookupCache {
  /** What memory alone knows; `undefined` if the shared store or DNS has to be asked. */
  readonly recall: (key: CacheKey, now: Stamp) => ServiceLookup | undefined
  /** What memory or the shared store has; many questions share one read. `undefined`: DNS has to be asked. */
  readonly read: (key: CacheKey, ms: number) => Effect.Effect<ServiceLookup | undefined>
  /** The same by a read that begins now, such as under a lead: what the last leader stored is found. */
  readonly readShared: (key: CacheKey) => Effect.Effect<ServiceLookup | undefined>
  /** Stores the outcome of a flight, unless the key was purged or changed meanwhile. Cannot be interrupted. */
  readonly put: (key: CacheKey, lookup: ServiceLookup, origin: Origin) => Effect.Effect<void>
  /** Purges the key. This process's memory is purged at once, whatever is pending. */
  readonly forget: (key: CacheKey) => Effect.Effect<Purge>
  readonly inventory: (query: InventoryQuery) => Effect.Effect<LookupInventory>
}

/** Where a look-up comes from. */
export interface Origin {
  readonly flight: Pick<Flight<unknown>, "discarded">
  /** At `resolvedAt`. */
  readonly known: Stamp
  readonly permit: Permit | undefined
}

export const makeLookupCache = Effect.fnUntraced(function*(
  { cacheEntries, cacheOctets }: Pick<Policy, "cacheEntries" | "cacheOctets">
): Effect.fn.Return<LookupCache, never, Scope.Scope> {
  const shared = yield* LookupStore
  const clock = yield* Clock.Clock
  const memory = makeLookupMemory({
    services: Math.min(cacheEntries, daneLimits.services),
    octets: Math.min(cacheOctets, daneLimits.octets)
  })
  const channel = makeChannel()
  const reads = yield* makeFlights<ServiceLookup | undefined>(() => undefined)

  const isCurrent = ({ mark }: MemoryLookup): boolean => shared === undefined || channel.isCurrent(mark)

  const recall = (key: CacheKey, now: Stamp): ServiceLookup | undefined => {
    const known = memory.get(key.text, now)
    return known !== undefined && isCurrent(known) ? known.lookup : undefined
  }

  /** Forgets in this process; reads that are under way serve nobody who asks later. */
  const drop = (keyText: string): void => {
    channel.noteChange(keyText)
    memory.drop(keyText)
    reads.discard(keyText)
  }

  const readShared = Effect.fnUntraced(function*(key: CacheKey) {
    const now = stampOf(clock)
    const known = memory.get(key.text, now)
    if (shared === undefined || (known !== undefined && isCurrent(known))) return known?.lookup
    const before = channel.versionOf(key.text)
    const { asOf, away, lookup } = yield* shared.get(key)
    if (away === true) return memory.get(key.text, stampOf(clock))?.lookup
    // If the key was changed during the read, by any replica, the look-up serves but is not remembered.
    const isLatest = channel.versionOf(key.text) === before
    if (lookup === undefined) {
      if (isLatest) memory.drop(key.text)
      return undefined
    }
    const { monotonicMs, wallMs } = stampOf(clock)
    if (isLatest) memory.set(key, lookup, { wallMs: asOf, monotonicMs }, channel.mark(true))
    return aged(lookup, Math.max(0, asOf - wallMs))
  })

  const put = (key: CacheKey, lookup: ServiceLookup, { flight, known, permit }: Origin) =>
    Effect.uninterruptible(Effect.gen(function*() {
      const before = channel.versionOf(key.text)
      const leftMs = lookupEnd(lookup) - timeSince(known, stampOf(clock))
      const written: LookupWrite = shared === undefined ? "stored" : yield* shared.put(key, lookup, leftMs, permit)
      const isLatest = written !== "stale" && !flight.discarded && channel.versionOf(key.text) === before
      drop(key.text)
      if (isLatest && leftMs > 0) memory.set(key, lookup, known, channel.mark(written === "stored"))
      if (shared !== undefined && written === "stored") yield* shared.changes.announce(key)
    }))

  const forget = (key: CacheKey): Effect.Effect<Purge> =>
    Effect.uninterruptible(Effect.gen(function*() {
      drop(key.text)
      if (shared === undefined) return nothingPending
      const pending: Array<PendingPurge> = [...(yield* shared.forget(key)).pending]
      drop(key.text) // what was read or written in the meantime
      const announced = yield* shared.changes.announce(key)
      if (!announced && !pending.includes("announcement")) pending.push("announcement")
      return { pending }
    }))

  const own = (query: InventoryQuery) => Effect.sync(() => memory.inventory(query, stampOf(clock)))

  if (shared !== undefined) {
    yield* shared.changes.listen({
      changed: (keyText) => keyText.endsWith(":tlsa") ? drop(keyText) : undefined,
      lost: channel.noteDown,
      back: channel.noteUp
    })
  }

  return {
    recall,
    readShared,
    read: (key, ms) =>
      shared === undefined ? Effect.sync(() => recall(key, stampOf(clock))) : Effect.map(
        reads.join(key.text, () => readShared(key), {
          ms,
          onLate: () => memory.get(key.text, stampOf(clock))?.lookup
        }),
        ({ outcome }) => outcome
      ),
    put,
    forget,
    inventory: (query) =>
      shared === undefined ? own(query) : Effect.flatMap(shared.inventory(query), (page) =>
        page.partial === true
          ? Effect.map(own(query), (page) => ({ ...page, partial: true as const }))
          : Effect.succeed(page))
  }
})
