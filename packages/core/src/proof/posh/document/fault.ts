/**
 * Why a document cannot be used. All stages of reading a document fail with this type.
 */
import { Result } from "effect"
import type { VerdictCode } from "../../../codes.ts"
import type { Lint } from "../../../Lint.ts"

export interface Fault {
  readonly code: VerdictCode
  readonly detail?: string
  /** Findings up to the fault, such as why each entry is unusable. */
  readonly lints: ReadonlyArray<Lint>
}

export const fault = (
  code: VerdictCode,
  detail?: string,
  lints: ReadonlyArray<Lint> = []
): Result.Result<never, Fault> => Result.fail({ code, lints, ...(detail === undefined ? {} : { detail }) })

/** The first three findings as text for `detail`, because lints are not shown everywhere that a fault is. */
export const explain = (lints: ReadonlyArray<Lint>): string =>
  lints
    .flatMap(({ code, message, path }) => path === undefined ? [] : [`${path}: ${message} (${code})`])
    .slice(0, 3)
    .join("; ")
