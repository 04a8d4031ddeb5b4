/**
 * Addresses and credentials of Redis: the text of `POSH_REDIS_URL` → values. A fault repeats no part of the text,
 * because it holds a password.
 *
 * - standalone: one URL, `redis://user:password@host:6379/0` (`rediss` for TLS), or the socket of a server on the same
 *   machine, `unix://user:password@/path/of/socket?db=0` (`redis+unix` is the same);
 * - cluster: one or more URLs of seed nodes, comma-separated; the only database is 0;
 * - sentinel: one or more URLs of sentinels, the name of the master group as `?name=posh` on one of them. User,
 *   password and database are those of the Redis servers; credentials for the sentinels are `sentinelUser=` and
 *   `sentinelPassword=` beside the name.
 *
 * User and password are the same for all servers, given once or with every URL; a comma in one is written `%2C`.
 */
import { Equal, Redacted, Result } from "effect"

/** The topology of the servers. */
export const redisModes = ["standalone", "cluster", "sentinel"] as const
export type RedisMode = typeof redisModes[number]

/** The servers of one deployment of Redis. */
export interface Servers {
  readonly tls: boolean
  /** Path of a Unix socket; there are no addresses then. */
  readonly socket: string | undefined
  /** Without brackets around IPv6 addresses. */
  readonly addresses: ReadonlyArray<{ readonly host: string; readonly port: number | undefined }>
  readonly username: string | undefined
  readonly password: Redacted.Redacted | undefined
  readonly database: number
  /** Of sentinels only. */
  readonly name: string | undefined
  readonly sentinelUsername: string | undefined
  readonly sentinelPassword: Redacted.Redacted | undefined
}

/** Parses the URLs; {@link serversFault} checks them against the mode. */
export const parseServers = (text: string): Result.Result<Servers, string> => {
  const parts = text.split(",").map((part) => readUrl(part.trim()))
  const [first] = parts
  const faulty = parts.findIndex((part) => part === undefined)
  if (first === undefined || faulty !== -1) return Result.fail(`element ${faulty + 1} ${shape}`)
  const urls = parts.filter((part) => part !== undefined)

  if (urls.length > 1 && urls.some(({ socket }) => socket !== undefined)) {
    return Result.fail("names a socket, and then it must be the only URL")
  }
  const differing = (["tls", "socket", "username", "password", "database", ...queryNames] as const).find((key) =>
    new Set(urls.map((url) => url[key]).filter((value) => value !== undefined)).size > 1
  )
  if (differing !== undefined) return Result.fail(`the URLs differ in ${differing}, and all servers have the same`)

  const common = (key: "username" | "password" | "name" | "sentinelUser" | "sentinelPassword") =>
    urls.map((url) => url[key]).find((value) => value !== undefined)
  return Result.succeed({
    tls: first.tls,
    socket: first.socket,
    addresses: urls.flatMap(({ host, port }) => host === undefined ? [] : [{ host, port }]),
    username: common("username"),
    password: redact(common("password")),
    database: urls.map(({ database }) => database).find((value) => value !== undefined) ?? 0,
    name: common("name"),
    sentinelUsername: common("sentinelUser"),
    sentinelPassword: redact(common("sentinelPassword"))
  })
}

/** Why the servers do not fit the mode; `undefined` if they do. */
export const serversFault = (servers: Servers, mode: RedisMode): string | undefined => {
  const forSentinels = servers.name ?? servers.sentinelUsername ?? servers.sentinelPassword
  if (mode !== "standalone" && servers.socket !== undefined) return `names a socket, and the mode is ${mode}`
  if (mode === "standalone" && servers.addresses.length > 1) return "names several servers, and the mode is standalone"
  if (mode === "cluster" && servers.database !== 0) return "names a database, and a cluster has none but 0"
  if (mode === "sentinel" && servers.name === undefined) return "must end in ?name= and the name of the master group"
  if (mode !== "sentinel" && forSentinels !== undefined) return "has parameters that only sentinels have"
  return undefined
}

/** Where the servers are, as text for logs: without user and password. */
export const placesOf = ({ addresses, socket }: Servers, usualPort: number): string =>
  socket ?? addresses.map(({ host, port = usualPort }) => placeOf(host, port)).join(", ")

/** Host and port; an IPv6 address in brackets. */
export const placeOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`

/** Why servers cannot take the place of others while the service runs: only user and password may differ. */
export const moveFault = (before: Servers | undefined, after: Servers | undefined): string | undefined =>
  Equal.equals(withoutCredentials(before), withoutCredentials(after))
    ? undefined
    : "names other servers than at the start, which takes a restart"

const withoutCredentials = (servers: Servers | undefined) =>
  servers === undefined ? undefined : {
    ...servers,
    username: undefined,
    password: undefined,
    sentinelUsername: undefined,
    sentinelPassword: undefined
  }

const shape =
  "must be redis:// or rediss://, with user:password@ or not, a host, a port or not, a database or not; or unix:// and the " +
  "path of a socket"
const queryNames = ["name", "sentinelUser", "sentinelPassword"] as const

interface ServerUrl {
  readonly tls: boolean
  readonly socket: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number | undefined
  readonly name: string | undefined
  readonly sentinelUser: string | undefined
  readonly sentinelPassword: string | undefined
}

const readUrl = (text: string): ServerUrl | undefined =>
  /^(redis\+)?unix:/i.test(text) ? readSocketUrl(text) : readHostUrl(text)

// Not with the WHATWG parser: it refuses a user where there is no host.
const readSocketUrl = (text: string): ServerUrl | undefined => {
  const [, user = "", secret = "", encoded = "", db = "0"] =
    /^(?:redis\+)?unix:\/\/(?:([^@/?#:]*)(?::([^@/?#]*))?@)?(\/[^?#]*)(?:\?db=(\d{1,4}))?$/i.exec(text) ?? []
  const [username, password, socket] = [user, secret, encoded].map(decoded)
  if (username === undefined || password === undefined || socket === undefined || !isPath(socket)) return undefined
  return {
    tls: false,
    socket,
    host: undefined,
    port: undefined,
    username: nonEmpty(username),
    password: nonEmpty(password),
    database: Number(db),
    name: undefined,
    sentinelUser: undefined,
    sentinelPassword: undefined
  }
}

// 107 octets: the system takes no longer ones (sun_path, unix(7)).
const isPath = (text: string): boolean =>
  /^\/./.test(text) && !text.endsWith("/") && !text.includes("\0") && Buffer.byteLength(text) <= 107

const readHostUrl = (text: string): ServerUrl | undefined => {
  // For non-special schemes the WHATWG parser does not validate the host: it must not be empty or white space.
  const url = /^rediss?:\/\/[^\s/?#]/i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === "" || url.hash !== "" || url.port === "0") return undefined
  const database = /^\/?$/.test(url.pathname) ? "" : /^\/(\d{1,4})$/.exec(url.pathname)?.[1]
  const username = decoded(url.username)
  const password = decoded(url.password)
  if (database === undefined || username === undefined || password === undefined) return undefined
  const known: ReadonlyArray<string> = queryNames
  if ([...url.searchParams.keys()].some((key) => !known.includes(key))) return undefined
  const query = (key: typeof queryNames[number]) => nonEmpty(url.searchParams.get(key) ?? "")
  return {
    tls: url.protocol === "rediss:",
    socket: undefined,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : Number(url.port),
    username: nonEmpty(username),
    password: nonEmpty(password),
    database: database === "" ? undefined : Number(database),
    name: query("name"),
    sentinelUser: query("sentinelUser"),
    sentinelPassword: query("sentinelPassword")
  }
}

/** Percent-decoded; `undefined` if the encoding is invalid. */
const decoded = (text: string): string | undefined => Result.getOrUndefined(Result.try(() => decodeURIComponent(text)))

const nonEmpty = (text: string): string | undefined => text === "" ? undefined : text

const redact = (text: string | undefined): Redacted.Redacted | undefined =>
  text === undefined ? undefined : Redacted.make(text)
