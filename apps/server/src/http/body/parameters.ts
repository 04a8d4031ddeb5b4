/**
 * Query parameters, each at most once: parsers differ in which of two they use.
 */
import { type Problem, problem } from "@posh/api"
import { Result } from "effect"
import { fieldOf } from "../../service/problems.ts"

/** The query of a target; empty without one. */
export const queryOf = (url: string): string => {
  const start = url.indexOf("?")
  return start < 0 ? "" : url.slice(start + 1).split("#", 1)[0] ?? ""
}

export const parametersOf = (query: string): Result.Result<Readonly<Record<string, string>>, Problem> => {
  const parameters = new URLSearchParams(query)
  const repeated = repeatedIn(parameters)
  return repeated === undefined ? Result.succeed(Object.fromEntries(parameters)) : Result.fail(twice(repeated))
}

/** The problem of a parameter that occurs more than once, if there is one. */
export const repeatedParameter = (url: string): Problem | undefined => {
  const repeated = repeatedIn(new URLSearchParams(queryOf(url)))
  return repeated === undefined ? undefined : twice(repeated)
}

const twice = (name: string): Problem =>
  problem("InvalidRequest", "The parameter occurs more than once.", fieldOf([name]))

const repeatedIn = (parameters: URLSearchParams): string | undefined => {
  const seen = new Set<string>()
  for (const name of parameters.keys()) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
