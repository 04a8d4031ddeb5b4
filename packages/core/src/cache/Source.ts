/**
 * A source of associations: how it is fetched, and the key of its cache entry. The cache serves any source, whatever
 * the proof type.
 */
import type { Effect } from "effect"
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { Waiting } from "../fetch/Fetcher.ts"
import type { StoreKey } from "../question/StoreKey.ts"

export interface Source {
  readonly key: StoreKey
  /**
   * Asks the source once, and stores nothing. The code of the error decides its TTL, and whether it evicts a cached
   * association (POSH-CAC-30, POSH-CAC-31).
   */
  readonly fetch: (request: SourceRequest) => Effect.Effect<Association, ResolveError>
}

export interface SourceRequest {
  /** The domain is known to have published material (see {@link FetchRequest.hadMaterial}). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
}
