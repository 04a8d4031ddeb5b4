/**
 * What an operator has set, for the line at the start.
 */
import { Predicate, Redacted, Result } from "effect"
import type { Environment } from "./Config.ts"
import type { Variable } from "./Variable.ts"
import { variables } from "./variables.ts"

/** `name=value` of each variable that differs from its default; of one with a secret, that it is set. */
export const changedVariables = (env: Environment): ReadonlyArray<string> =>
  Object.values<Variable<unknown>>(variables).flatMap((row) => {
    const given = env[row.name] ?? ""
    if (given === "" || given === row.fallback) return []
    return [`${row.name}=${isSecret(row, given) ? "(secret)" : given}`]
  })

/** Where the value holds something redacted, or cannot be told. Hashes of keys are of no use to a reader of the log. */
const isSecret = (row: Variable<unknown>, given: string): boolean => {
  if (row.name === variables.apiKeys.name) return true
  const value = row.parse(given)
  return Result.isFailure(value) || holdsSecret(value.success)
}

const holdsSecret = (value: unknown): boolean => {
  if (Redacted.isRedacted(value)) return true
  return Predicate.isObjectKeyword(value) && Object.values(value).some(holdsSecret)
}
