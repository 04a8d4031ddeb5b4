/**
 * Parsers of the variables of telemetry. A fault repeats no secret.
 */
import { Redacted, Result } from "effect"
import { boolean, oneOf, type Parse } from "../config/parsers.ts"

/** Target of the decision log: none, standard output, or a file. */
export type DecisionLogTarget = "off" | "stdout" | { readonly path: string }

export const decisionLogTarget: Parse<DecisionLogTarget> = (text) => {
  if (text === "off" || text === "stdout") return Result.succeed(text)
  return text.startsWith("/") && !text.endsWith("/")
    ? Result.succeed({ path: text })
    : Result.fail("must be off, stdout, or the absolute path of a file")
}

const shortestKey = 32

export const maskKey: Parse<Redacted.Redacted<string>> = (text) =>
  text.length < shortestKey
    ? Result.fail(`must have ${shortestKey} characters or more`)
    : Result.succeed(Redacted.make(text))

export const share: Parse<number> = (text) => {
  const value = /^\d(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
  return value >= 0 && value <= 1 ? Result.succeed(value) : Result.fail("must be a number from 0 to 1, such as 0.01")
}

export const collectorUrl: Parse<URL> = (text) => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === ""
    ? Result.succeed(url)
    : Result.fail("must be an http or https URL without user, query and fragment")
}

/** A name of a header is a token (RFC 9110 §5.6.2). */
const headerPair = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*([!-~]*)\s*$/

/** Comma-separated `name=value`, percent-encoded, as OpenTelemetry specifies. */
export const collectorHeaders: Parse<Redacted.Redacted<Readonly<Record<string, string>>>> = (text) =>
  Result.map(pairs(text, headerPair), Redacted.make)

/** Names and values in the same notation; white space within a value is kept. An empty text has none. */
export const resourceAttributes: Parse<Readonly<Record<string, string>>> = (text) =>
  text === "" ? Result.succeed({}) : pairs(text, /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/)

const pairs = (text: string, pattern: RegExp): Result.Result<Readonly<Record<string, string>>, string> => {
  const found = text.split(",").map((part) => pattern.exec(part))
  return Result.try({
    try: () => Object.fromEntries(found.map((pair) => [pair?.[1] ?? "", decodeURIComponent(pair?.[2] ?? "")])),
    catch: () => "is not percent-encoded"
  }).pipe(Result.filterOrFail(() => found.every((pair) => pair !== null), () => "must be name=value, comma-separated"))
}

export const serviceName: Parse<string> = (text) =>
  /^[\w.-]{1,100}$/.test(text) ? Result.succeed(text) : Result.fail("must be 1 to 100 letters, digits and ._-")

/** In any case, as OpenTelemetry specifies. */
export const isTrue: Parse<boolean> = (text) => boolean(text.toLowerCase())

export const otlpProtocol = oneOf(["http/json", "http/protobuf"])

export type OtlpProtocol = "http/json" | "http/protobuf"

export const sampler = oneOf([
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio"
])
