/**
 * The error of one stage of a fetch. `FetchError` adds the trace of the whole fetch.
 */
import { Data } from "effect"
import { withPrintable } from "../encoding/quote.ts"
import type { FetchCode } from "../fetch/Fetcher.ts"

interface EgressErrorFields {
  readonly code: FetchCode
  /** Details beyond the code; bounded and escaped, without text from the network (POSH-SEC-14). */
  readonly detail?: string
  /** Status of the response, if one had begun. */
  readonly status?: number
  /** The connection ended after our ClientHello, before any octet of an answer to it. */
  readonly helloReset?: boolean
}

export class EgressError extends Data.TaggedError("EgressError")<EgressErrorFields> {
  constructor(fields: EgressErrorFields) {
    super(withPrintable(fields, "detail"))
  }
}
