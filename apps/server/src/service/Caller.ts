/**
 * Who asks, and what they may.
 */
import { type Problem, problem, type Scope } from "@posh/api"
import { Result } from "effect"

export type { Scope }

export interface Caller {
  /** For people: in logs and in the decision log. Never a secret. */
  readonly name: string
  /** What limits count by: equal for all connections of one caller. */
  readonly account: string
  /** Absent where the caller is unknown: open routes alone. */
  readonly scope?: Scope
}

/** May the caller do what needs this scope? `admin` includes `verify`. */
export const permit = ({ scope }: Caller, needed: Scope, field?: string): Result.Result<void, Problem> =>
  scope === needed || scope === "admin"
    ? Result.void
    : Result.fail(problem("Forbidden", `This needs a key with the scope ${needed}.`, field))
