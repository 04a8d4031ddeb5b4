/**
 * Why a document cannot be used, as its stages report it.
 */
import { Result } from "effect"
import type { VerdictCode } from "../../../codes.ts"
import type { Lint } from "../../../Lint.ts"

export interface Fault {
  readonly code: VerdictCode
  readonly detail?: string
  /** What was found on the way, such as why each entry is unusable. */
  readonly lints: ReadonlyArray<Lint>
}

export const fault = (
  code: VerdictCode,
  detail?: string,
  lints: ReadonlyArray<Lint> = []
): Result.Result<never, Fault> => Result.fail({ code, lints, ...(detail === undefined ? {} : { detail }) })

/** The first findings about parts of a document, for `detail`: lints do not travel everywhere that a fault does. */
export const explain = (lints: ReadonlyArray<Lint>): string =>
  lints
    .flatMap(({ code, message, path }) => path === undefined ? [] : [`${path}: ${message} (${code})`])
    .slice(0, 3)
    .join("; ")
