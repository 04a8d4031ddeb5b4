/**
 * The error of a resolution that found no usable material.
 */
import { Data } from "effect"
import { failures, type VerdictCode } from "../codes.ts"
import { withPrintable } from "../encoding/quote.ts"
import type { Lint } from "../Lint.ts"
import type { Hop } from "./Hop.ts"

interface ResolveFields {
  readonly code: VerdictCode
  /** Details for a person; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  /** Which request of the attempt failed; 0 is the well-known URL. */
  readonly hopIndex?: number
  readonly url?: string
  readonly retryAfterMs?: number
  /** The requests made, the failed one last. */
  readonly hops: ReadonlyArray<Hop>
  /** Findings of the attempt, such as why no entry of a document can be used. */
  readonly lints?: ReadonlyArray<Lint>
}

/**
 * A resolution ended without usable material.
 *
 * **Gotchas**
 *
 * Not a JavaScript `Error`: negative entries hold it, and a stack trace would keep other objects alive, such as the
 * refused document (POSH-CAC-05).
 */
export class ResolveError extends Data.TaggedClass("ResolveError")<ResolveFields> {
  constructor(fields: ResolveFields) {
    super(withPrintable(fields, "detail"))
  }

  /** For traces, which read it as of an `Error`. */
  get name(): string {
    return this._tag
  }

  get message(): string {
    const summary = failures[this.code].summary
    return this.detail === undefined ? summary : `${summary.slice(0, -1)}: ${this.detail}.`
  }
}
