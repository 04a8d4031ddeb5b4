/**
 * Why a command failed: a closed set of reasons, so no text of a server or a URL reaches a message.
 */
import { Data } from "effect"
import { ReplyError } from "ioredis"

/**
 * `timeout` and `connection`: Redis is unusable now. `refused`: it answered with an error. `open`: the command was not
 * sent, because the breaker is open.
 */
export type RedisErrorReason = "timeout" | "connection" | "refused" | "open"

export class RedisError extends Data.TaggedError("RedisError")<{
  readonly reason: RedisErrorReason
  /** The error code of Redis or the system, such as `OOM` or `ECONNREFUSED`. */
  readonly word?: string
  /** What the code means here, of a closed set. */
  readonly detail?: string
  /** The command that was refused. */
  readonly command?: string
}> {
  override get message(): string {
    const subject = this.command === undefined ? this.reason : `${this.reason} ${this.command}`
    const why = [this.word, this.detail].filter((part) => part !== undefined).join(": ")
    return why === "" ? subject : `${subject} (${why})`
  }
}

/** Classifies a rejection of the client library. */
export const toRedisError = (cause: unknown): RedisError => {
  if (cause instanceof RedisError) return cause
  if (cause instanceof (ReplyError as ErrorConstructor)) return toReplyError(cause)
  const { code, lastNodeError, message }: Partial<LibraryError> = cause instanceof Error ? cause : {}
  // A cluster client wraps the error of the last node that it tried.
  if (lastNodeError !== undefined) return toRedisError(lastNodeError)
  if (message === "Command timed out") return new RedisError({ reason: "timeout" })
  return new RedisError({
    reason: "connection",
    ...(code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? { word: code } : {})
  })
}

/** What errors of the library have, and those of Node.js that it hands on. */
interface LibraryError extends Error {
  readonly code?: string
  readonly lastNodeError?: unknown
  readonly command?: { readonly name?: unknown; readonly args?: unknown }
}

const toReplyError = ({ command, message }: LibraryError): RedisError => {
  const [code = ""] = /^[A-Z]+/.exec(message) ?? []
  const known = refusals.find(({ pattern }) => pattern.test(message))
  const name = nameOf(command)
  const isUnusable = unusable.has(code) || known?.unusable === true
  return new RedisError({
    reason: isUnusable ? "connection" : "refused",
    word: known?.word ?? code,
    ...(known === undefined ? {} : { detail: known.detail }),
    ...(isUnusable || name === undefined ? {} : { command: name })
  })
}

/** NOT its arguments: those of AUTH and HELLO hold a password. Of a container, the subcommand too. */
const nameOf = (command: LibraryError["command"]): string | undefined => {
  if (typeof command?.name !== "string") return undefined
  const name = command.name.toUpperCase()
  const [first] = Array.isArray(command.args) ? command.args : []
  return (name === "CLUSTER" || name === "SENTINEL") && typeof first === "string"
    ? `${name} ${first.toUpperCase()}`
    : name
}

// Error replies that every command would get: they open the breaker.
const unusable = new Set(["LOADING", "BUSY", "NOAUTH", "WRONGPASS", "CLUSTERDOWN", "MASTERDOWN", "UNKILLABLE"])

interface KnownReply {
  readonly pattern: RegExp
  readonly detail: string
  /** In place of the code. */
  readonly word?: string
  readonly unusable?: true
}

/** Error replies whose code alone does not say what is wrong. */
const refusals: ReadonlyArray<KnownReply> = [
  { pattern: /^NOPERM .*channel/, detail: "no permission for the channel" },
  { pattern: /^NOPERM .*keys/, detail: "no permission for the keys" },
  { pattern: /^NOPERM /, detail: "no permission for the command" },
  {
    pattern: /^ERR The user executing the script can't/,
    word: "NOPERM",
    detail: "no permission for what the script does"
  },
  { pattern: /^ERR unknown (sub)?command/i, detail: "unknown command" },
  { pattern: /^ERR (DB index is out of range|invalid DB index)/, detail: "no such database" },
  { pattern: /^ERR SELECT is not allowed in cluster mode/, detail: "a cluster has no database but 0" },
  { pattern: /^ERR This instance has cluster support disabled/, detail: "the server is no node of a cluster" },
  { pattern: /^MOVED /, detail: "the server is a node of a cluster" },
  { pattern: /^ERR max number of clients reached/, detail: "too many connections", unusable: true }
]
