/**
 * How one stage of a fetch fails. `FetchError` is this plus the trace, which no stage knows whole.
 */
import { Data } from "effect"
import { withPrintable } from "../encoding/quote.ts"
import type { FetchCode } from "../fetch/Fetcher.ts"

interface EgressErrorFields {
  readonly code: FetchCode
  /** More than the code says; bounded and escaped, and no text from the network (POSH-SEC-14). */
  readonly detail?: string
  /** Of the response, where one had begun. */
  readonly status?: number
}

export class EgressError extends Data.TaggedError("EgressError")<EgressErrorFields> {
  constructor(fields: EgressErrorFields) {
    super(withPrintable(fields, "detail"))
  }
}
