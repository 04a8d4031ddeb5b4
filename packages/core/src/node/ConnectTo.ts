/**
 * The operator's overrides of where to connect, like curl's option `--connect-to`.
 */
import { Result } from "effect"
import { NetAddress } from "effect/net"
import type { HttpsTarget } from "../fetch/Fetcher.ts"
import { type Domain, parseDomain } from "../question/Domain.ts"
import { EgressConfigError } from "./EgressConfigError.ts"

export interface ConnectToEntry {
  /** `undefined`: any host. */
  readonly host: Domain | undefined
  /** `undefined`: any port. */
  readonly port: number | undefined
  /** An IP literal without brackets. */
  readonly address: string
  /** `undefined`: the port of the request. */
  readonly toPort: number | undefined
}

export type ConnectTo = ReadonlyArray<ConnectToEntry>

/**
 * Parses `POSH_CONNECT_TO`: `host:port=address:port`, comma-separated.
 *
 * **Details**
 *
 * An empty host or port on the left matches any; an empty port on the right keeps that of the request. IPv6 addresses
 * are in brackets. The address is an IP literal, because an override needs no DNS.
 */
export const parseConnectTo = (text: string): Result.Result<ConnectTo, EgressConfigError> =>
  text.trim() === "" ? Result.succeed([]) : Result.all(text.split(",").map((entry) => parseEntry(entry.trim())))

/** The override for a target: the first entry that matches; `undefined` if none does. */
export const overrideOf = (
  connectTo: ConnectTo,
  { host, port }: Pick<HttpsTarget, "host" | "port">
): { readonly address: string; readonly port: number } | undefined => {
  const entry = connectTo.find((candidate) =>
    (candidate.host === undefined || candidate.host === host) &&
    (candidate.port === undefined || candidate.port === port)
  )
  return entry === undefined ? undefined : { address: entry.address, port: entry.toPort ?? port }
}

const shape = /^(?<host>[^:=[\]]*):(?<port>\d*)=(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:[\]]*)):(?<toPort>\d*)$/

const parseEntry = (entry: string): Result.Result<ConnectToEntry, EgressConfigError> =>
  Result.gen(function*() {
    const groups = shape.exec(entry)?.groups
    if (groups === undefined) return yield* Result.fail(configError(entry, "expected host:port=address:port"))
    return {
      host: yield* parseHost(entry, groups.host),
      port: yield* parsePort(entry, groups.port),
      address: yield* parseAddress(entry, groups.ipv6, groups.ipv4),
      toPort: yield* parsePort(entry, groups.toPort)
    }
  })

const parseHost = (entry: string, text = ""): Result.Result<Domain | undefined, EgressConfigError> =>
  text === ""
    ? Result.succeed(undefined)
    : Result.mapError(parseDomain(text, { allowSpecialUse: true }), ({ detail }) => configError(entry, detail))

const parsePort = (entry: string, text = ""): Result.Result<number | undefined, EgressConfigError> => {
  if (text === "") return Result.succeed(undefined)
  const port = Number(text)
  return port >= 1 && port <= 65_535 ? Result.succeed(port) : Result.fail(configError(entry, `${text} is no port`))
}

const parseAddress = (entry: string, ipv6?: string, ipv4 = ""): Result.Result<string, EgressConfigError> =>
  Result.mapBoth(ipv6 === undefined ? NetAddress.ipv4FromString(ipv4) : NetAddress.ipv6FromString(ipv6), {
    onFailure: ({ message }) =>
      configError(entry, `the part after = must be an IP address (IPv6 in brackets): ${message}`),
    onSuccess: NetAddress.formatIp
  })

const configError = (entry: string, detail: string) =>
  new EgressConfigError({ option: "connectTo", detail: `"${entry}": ${detail}` })
