/**
 * How one stage of a fetch fails. `FetchError` is this plus the trace, which no stage knows whole.
 */
import { Data } from "effect"
import type { FetchCode } from "../Fetcher.ts"

export class EgressFailure extends Data.TaggedError("EgressFailure")<{
  readonly code: FetchCode
  /** More than the code says; holds no text from the network (POSH-SEC-14). */
  readonly detail?: string
  /** Of the response, where one had begun. */
  readonly status?: number
}> {}
