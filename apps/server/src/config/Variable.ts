/**
 * One variable of the environment, as data: one row holds parser, default and documentation, so that code and
 * `docs/reference/configuration.md` cannot differ.
 */
import type { Parse } from "./parsers.ts"

/** The parser of a variable, and its documentation for operators. */
export interface Variable<A> {
  /** `OTEL_` for variables that OpenTelemetry specifies. */
  readonly name: `POSH_${string}` | `OTEL_${string}`
  /** Text of the default; empty if the variable is unset by default. */
  readonly fallback: string
  /** Unit and valid values, as text. */
  readonly values: string
  readonly meaning: string
  /** The consequence of a change. */
  readonly consequence: string
  readonly parse: Parse<A>
}

export const variable = <A>(name: Variable<A>["name"], row: Omit<Variable<A>, "name">): Variable<A> => ({
  name,
  ...row
})
