/**
 * Who asks, and what they may.
 */
import { type Problem, problem } from "@posh/api"
import { Result } from "effect"

/** `admin` includes `verify`. */
export type Scope = "verify" | "admin"

export interface Caller {
  /** For people: in logs and in the decision log. Never a secret. */
  readonly name: string
  /** What limits count by: equal for all connections of one caller. */
  readonly account: string
  readonly scope: Scope
}

/** May the caller do what needs this scope? */
export const permit = ({ scope }: Caller, needed: Scope, field?: string): Result.Result<void, Problem> =>
  needed === "verify" || scope === "admin"
    ? Result.void
    : Result.fail(problem("Forbidden", `This needs a key with the scope ${needed}.`, field))
