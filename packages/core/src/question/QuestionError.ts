/**
 * Why a question is refused before anything is looked up.
 */
import { Data } from "effect"
import { failures, type QuestionCode } from "../codes.ts"
import { withPrintable } from "../encoding/quote.ts"

interface QuestionFields {
  readonly code: QuestionCode
  /** The member at fault. */
  readonly field?: string
  /** What is wrong, for a person. `detail` and `field` are bounded and escaped (POSH-SEC-14). */
  readonly detail: string
}

/** The question is refused; `field` names the member at fault. */
export class QuestionError extends Data.TaggedError("QuestionError")<QuestionFields> {
  constructor(fields: QuestionFields) {
    super(withPrintable(fields, "detail", "field"))
  }

  override get message(): string {
    return this.detail === "" ? failures[this.code].summary : this.detail
  }
}
