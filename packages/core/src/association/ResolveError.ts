/**
 * Why what a domain asserts could not be used.
 */
import { Data } from "effect"
import { failures, type VerdictCode } from "../codes.ts"
import { withPrintable } from "../encoding/quote.ts"
import type { Lint } from "../Lint.ts"
import type { Hop } from "./Hop.ts"

interface ResolveFields {
  readonly code: VerdictCode
  /** More than the code says; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  /** Which request of the attempt failed; 0 is the well-known URL. */
  readonly hopIndex?: number
  readonly url?: string
  readonly retryAfterMs?: number
  /** The requests made, the failed one last. */
  readonly hops: ReadonlyArray<Hop>
  /** What was found on the way, such as why no entry of a document can be used. */
  readonly lints?: ReadonlyArray<Lint>
}

/**
 * A resolution ended without usable material.
 *
 * **Gotchas**
 *
 * Not an `Error` of JavaScript: it is remembered, and a stack keeps alive what was on it, such as the document that was
 * refused.
 */
export class ResolveError extends Data.TaggedClass("ResolveError")<ResolveFields> {
  constructor(fields: ResolveFields) {
    super(withPrintable(fields, "detail"))
  }

  /** For traces. */
  get name(): string {
    return this._tag
  }

  get message(): string {
    const summary = failures[this.code].summary
    return this.detail === undefined ? summary : `${summary.slice(0, -1)}: ${this.detail}.`
  }
}
