/**
 * What one process remembers of DNS: an LRU cache bounded by services and by octets (POSH-CAC-05).
 */
import { LRUCache } from "lru-cache"
import type { InventoryQuery } from "../../cache/store/AssociationStore.ts"
import type { Mark } from "../../cache/store/NearStore.ts"
import { makePage } from "../../cache/store/page.ts"
import { ownText } from "../../encoding/own.ts"
import { daneLimits } from "../../Limits.ts"
import { ownDomain } from "../../question/Domain.ts"
import { type Stamp, timeSince } from "../../question/Stamp.ts"
import type { CacheKey } from "../../question/StoreKey.ts"
import type { ServiceLookup } from "./DaneLookup.ts"
import { aged, lookupEnd } from "./lookupEnd.ts"
import type { InventoryLookup, LookupInventory } from "./LookupStore.ts"

interface Slot {
  readonly key: CacheKey
  readonly lookup: ServiceLookup
  /** Its end, because questions are asked more often than it changes. */
  readonly until: number
  /** When `lookup` was new to this process. */
  readonly known: Stamp
  readonly mark: Mark
}

export interface MemoryLookup {
  readonly lookup: ServiceLookup
  readonly mark: Mark
}

export interface LookupMemory {
  /** `undefined` after its end, too. */
  readonly get: (keyText: string, now: Stamp) => MemoryLookup | undefined
  readonly set: (key: CacheKey, lookup: ServiceLookup, known: Stamp, mark: Mark) => void
  readonly drop: (keyText: string) => void
  readonly inventory: (query: InventoryQuery, now: Stamp) => LookupInventory
}

export interface LookupMemoryOptions {
  /** Maximum of services; with 0 nothing is remembered. */
  readonly services: number
  /** Maximum of octets of all that is remembered, conservatively estimated. */
  readonly octets: number
}

export const makeLookupMemory = ({ octets, services }: LookupMemoryOptions = daneLimits): LookupMemory => {
  // A table for so many services takes megabytes, and most processes never ask DNS.
  const held: { slots?: LRUCache<string, Slot> } = {}
  const table = () =>
    held.slots ??= new LRUCache({
      max: Math.max(1, Math.floor(services)),
      maxSize: Math.max(1, Math.floor(octets)),
      sizeCalculation: ({ key, lookup }) => key.text.length * 2 + octetsOf(lookup)
    })

  const atTime = ({ known, lookup, until }: Slot, now: Stamp): ServiceLookup | undefined => {
    // POSH-CAC-35: a wall clock that was set back makes nothing younger.
    const at = timeSince(known, now)
    return at < until ? aged(lookup, at - now.wallMs) : undefined
  }

  return {
    get: (keyText, now) => {
      const slot = held.slots?.get(keyText)
      const lookup = slot === undefined ? undefined : atTime(slot, now)
      return slot === undefined || lookup === undefined ? undefined : { lookup, mark: slot.mark }
    },
    set: (key, lookup, known, mark) => {
      if (services < 1) return
      const own = { ...key, domain: ownDomain(key.domain), text: ownText(key.text) }
      table().set(own.text, { key: own, lookup, until: lookupEnd(lookup), known, mark })
    },
    drop: (keyText) => void held.slots?.delete(keyText),
    inventory: (query, now) => {
      const page = makePage<InventoryLookup>(query)
      // `forEach` does not count as use: it keeps the order of eviction.
      held.slots?.forEach((slot) => {
        const lookup = atTime(slot, now)
        if (lookup === undefined) return
        // Its place in the order does not depend on when it is asked for.
        page.offer({ key: slot.key, lookup, expiresAt: lookupEnd(lookup) }, slot.until, slot.key.text)
      })
      const { entries: lookups, ...more } = page.finish()
      return { lookups, ...more }
    }
  }
}

/** About what it takes: whoever owns a zone decides how many records there are, and how long they are. */
const octetsOf = (lookup: ServiceLookup): number =>
  lookup.kind !== "endpoints" ? 768 : lookup.endpoints.reduce(
    (sum, endpoint) =>
      sum + 512 +
      (endpoint.kind === "records" ? endpoint.records.reduce((octets, { data }) => octets + 256 + data.length, 0) : 0),
    768
  )
