/**
 * The text of a variable → its value. A failure is a short reason.
 */
import { parseDomain } from "@posh/core"
import { Result } from "effect"
import { NetAddress } from "effect/net"

/** Parses the text of a variable. */
export type Parse<A> = (text: string) => Result.Result<A, string>

/** One of a set of words; case-sensitive. */
export const oneOf = <const Values extends ReadonlyArray<string>>(values: Values): Parse<Values[number]> => (text) => {
  const found = values.find((value) => value === text)
  return found === undefined ? Result.fail(`must be one of ${values.join(", ")}`) : Result.succeed(found)
}

/** `true` or `false`; no other notation. */
export const boolean: Parse<boolean> = (text) => Result.map(oneOf(["true", "false"])(text), (value) => value === "true")

/** Decimal digits, within bounds. */
export const wholeNumber = (minimum: number, maximum: number): Parse<number> => (text) => {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= minimum && value <= maximum
    ? Result.succeed(value)
    : Result.fail(`must be a whole number from ${minimum} to ${maximum}`)
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A number with its unit, within bounds in the same notation → milliseconds. */
export const duration = (minimum: string, maximum: string): Parse<number> => (text) => {
  const value = milliseconds(text)
  return value !== undefined && value >= (milliseconds(minimum) ?? 0) && value <= (milliseconds(maximum) ?? 0)
    ? Result.succeed(value)
    : Result.fail(`must be a duration from ${minimum} to ${maximum}, such as 90s, 15m, 24h or 7d`)
}

/** The word, or what the other parser accepts. */
export const orWord = <A, const B>(word: string, value: B, parse: Parse<A>): Parse<A | B> => (text) =>
  text === word
    ? Result.succeed(value)
    : Result.mapError(parse(text), (fault) => `${fault}; or the word ${word}`)

/** Comma-separated elements with optional white space; an empty text has none. */
export const list = <A>(parse: Parse<A>): Parse<ReadonlyArray<A>> => (text) =>
  text.trim() === "" ? Result.succeed([]) : Result.all(
    text.split(",").map((part) => Result.mapError(parse(part.trim()), (fault) => `"${part.trim()}" ${fault}`))
  )

/** A value that may be unset. */
export const optional = <A>(parse: Parse<A>): Parse<A | undefined> => (text) =>
  text === "" ? Result.succeed(undefined) : parse(text)

/** Any text; its user parses it. */
export const text: Parse<string> = (text) => Result.succeed(text)

/** An address to listen at: an IP literal or `localhost`. */
export const listenAddress: Parse<string> = (text) =>
  text === "localhost" || Result.isSuccess(NetAddress.ipFromString(text))
    ? Result.succeed(text)
    : Result.fail("must be an IP address or localhost")

/** A host name in canonical form; a leading dot matches all names below. */
export const hostPattern: Parse<string> = (text) => {
  const dot = text.startsWith(".") ? "." : ""
  return Result.mapBoth(parseDomain(text.slice(dot.length), { allowSpecialUse: true }), {
    onFailure: ({ detail }) => `is no host name (${detail})`,
    onSuccess: (domain) => `${dot}${domain}`
  })
}

const milliseconds = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  if (text === "0") return 0
  return digits === undefined ? undefined : Number(digits) * units[unit as keyof typeof units]
}
