/**
 * The two ways in which a question ends without an answer about the certificate: it was no question
 * ({@link QuestionError}), or what the domain asserts could not be used ({@link ResolveError}).
 */
import { Data } from "effect"
import { failures, type QuestionCode, type VerdictCode } from "./codes.ts"
import type { Hop } from "./Hop.ts"
import type { Lint } from "./Lint.ts"

/** The question is refused; `field` names the member at fault. */
export class QuestionError extends Data.TaggedError("QuestionError")<{
  readonly code: QuestionCode
  readonly field?: string
  readonly detail: string
}> {
  override get message(): string {
    return this.detail === "" ? failures[this.code].summary : this.detail
  }
}

/** A resolution ended without usable material. */
export class ResolveError extends Data.TaggedError("ResolveError")<{
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
}> {
  override get message(): string {
    const summary = failures[this.code].summary
    return this.detail === undefined ? summary : `${summary.slice(0, -1)}: ${this.detail}.`
  }
}
