/**
 * Options that a program without types can give: what is not of its type fails where the layer is built, and not at the
 * first request.
 */
import { Result } from "effect"
import { IpNetwork } from "effect/net"
import { EgressConfigError, type EgressOptionName } from "./EgressConfigError.ts"
import type { EgressOptions } from "./EgressOptions.ts"

/** The options if each is of its type. */
export const checkTypes = (options: EgressOptions): Result.Result<EgressOptions, EgressConfigError> => {
  const given: { readonly [K in EgressOptionName]?: unknown } = options ?? {}
  const fault = expectations.find(([option, , isExpected]) => !isExpected(given[option]))
  return fault === undefined
    ? Result.succeed(options)
    : Result.fail(new EgressConfigError({ option: fault[0], detail: fault[1] }))
}

type Expectation = readonly [option: EgressOptionName, detail: string, isExpected: (value: unknown) => boolean]

const isText = (value: unknown) => typeof value === "string"
const isObject = (value: unknown) => typeof value === "object" && value !== null
const isListOf = (isItem: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isItem)
const optional = (isExpected: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || isExpected(value)

const expectations: ReadonlyArray<Expectation> = [
  ["userAgent", "must be words of printable ASCII", isText],
  ["extraCa", "must be PEM text", optional(isText)],
  ["pins", "must be what parsePins gives", optional((value) => value instanceof Map)],
  ["connectTo", "must be what parseConnectTo gives", optional(isListOf(isObject))],
  ["allowNetworks", "must be what parseNetworks gives", optional(isListOf(IpNetwork.isIpNetwork))],
  ["dnsServers", "must be a list of address:port", optional(isListOf(isText))],
  ["proxy", "must be what parseProxy gives", optional(isObject)]
]
