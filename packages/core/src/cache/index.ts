/**
 * For who keeps what was learnt elsewhere than in the memory of one process: stores, the fleet that shares one, and the
 * forms of what they hold.
 */

// What a store is asked for and answers
export {
  AssociationStore,
  type CacheEntry,
  type Inventory,
  type InventoryQuery,
  type NegativeEntry,
  nothingPending,
  type PendingPurge,
  type Permit,
  type Purge
} from "./store/AssociationStore.ts"

// Under which key, for how long, and what is left of it under another policy
export { type LifetimePolicy, usableUntil } from "../association/Lifetime.ts"
export { type CacheKey, makeKey, makeTlsaKey, type StoreKey } from "../question/StoreKey.ts"
export { associationUnder, negativeUnder } from "./store/underPolicy.ts"

// Memory, alone or in front of a store that is shared
export { layerMemory, makeMemoryStore, type MemoryStoreOptions } from "./store/MemoryStore.ts"
export type { Mark, MarkedEntry, NearStore } from "./store/NearStore.ts"
export { type Changes, type FarStore, makeTieredStore } from "./store/TieredStore.ts"

// One resolution of a key for several processes
export { Fleet, type FleetShape, type Follow, type Lead } from "./Fleet.ts"

// As octets in a store that is shared
export { decodeAssociation, decodeNegative, encodeAssociation, encodeNegative } from "./store/codec.ts"

// What DNS says (DANE), in a store that is shared
export type { EndpointLookup, ServiceLookup } from "../proof/dane/DaneLookup.ts"
export { decodeLookup, encodeLookup } from "../proof/dane/lookupCodec.ts"
export { lookupEnd, lookupUnder } from "../proof/dane/lookupEnd.ts"
export {
  type InventoryLookup,
  type LookupInventory,
  type LookupRead,
  LookupStore,
  type LookupStoreShape,
  type LookupWrite
} from "../proof/dane/LookupStore.ts"

// Pages of an inventory
export { comparePositions, formatCursor, parseCursor, type Position } from "./store/cursor.ts"
