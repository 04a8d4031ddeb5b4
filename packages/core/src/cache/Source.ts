/**
 * One place at which a domain asserts something: how it is asked, and under which key what it says is remembered. The
 * cache looks up, decides, flies and stores for any of them, whatever proof it serves.
 */
import type { Effect } from "effect"
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { Waiting } from "../fetch/Fetcher.ts"
import type { StoreKey } from "../question/StoreKey.ts"

export interface Source {
  readonly key: StoreKey
  /**
   * Asks the source once, and remembers nothing. The code of the error says what follows for the cache: for how long it
   * is remembered, and whether it withdraws what was asserted before (POSH-CAC-30, POSH-CAC-31).
   */
  readonly fetch: (request: SourceRequest) => Effect.Effect<Association, ResolveError>
}

export interface SourceRequest {
  /** The domain is known to have published material (see {@link FetchRequest.hadMaterial}). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
}
