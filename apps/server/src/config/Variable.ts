/**
 * One variable of the environment, as data: what is parsed, documented and defaulted is one row, so that code and
 * `docs/reference/configuration.md` cannot differ.
 */
import type { Parse } from "./parsers.ts"

/** How it is read, and what an operator wants to know of it. */
export interface Variable<A> {
  /** Ours, and those that OpenTelemetry has agreed on. */
  readonly name: `POSH_${string}` | `OTEL_${string}`
  /** As it would be written; empty where the variable is unset by default. */
  readonly fallback: string
  /** Unit and admissible values, for people. */
  readonly values: string
  readonly meaning: string
  /** What follows from changing it. */
  readonly consequence: string
  readonly parse: Parse<A>
}

export const variable = <A>(name: Variable<A>["name"], row: Omit<Variable<A>, "name">): Variable<A> => ({
  name,
  ...row
})
