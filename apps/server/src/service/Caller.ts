/**
 * The caller of a request, and its scope.
 */
import { type Problem, problem, type Scope } from "@posh/api"
import { Result } from "effect"

export type { Scope }

export interface Caller {
  /** For logs and the decision log. Never a secret. */
  readonly name: string
  /** The key of limits: the same for all connections of a caller. */
  readonly account: string
  /** Absent if the caller is unknown: open routes only. */
  readonly scope?: Scope
  /** How the request came. Default: over HTTP. */
  readonly transport?: CallerTransport
}

/** A closed set: the decision log names it. */
export type CallerTransport = "http" | "grpc"

/** Fails with `Forbidden` if the caller lacks the scope. `admin` includes `verify`. */
export const permit = ({ scope }: Caller, needed: Scope, field?: string): Result.Result<void, Problem> =>
  scope === needed || scope === "admin"
    ? Result.void
    : Result.fail(problem("Forbidden", `This needs a key with the scope ${needed}.`, field))
