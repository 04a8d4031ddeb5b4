/**
 * Why Redis did not do as it was told. A closed set, so that nothing a server or a URL says reaches a message.
 */
import { Data } from "effect"
import { ReplyError } from "ioredis"

/**
 * `timeout` and `connection`: Redis cannot be used now. `refused`: it answered, and said no. `open`: it was not asked,
 * because a moment ago it could not be used.
 */
export type RedisErrorReason = "timeout" | "connection" | "refused" | "open"

export class RedisError extends Data.TaggedError("RedisError")<{
  readonly reason: RedisErrorReason
  /** The word that Redis or the system has for it, such as `OOM` or `ECONNREFUSED`. */
  readonly word?: string
}> {
  override get message(): string {
    return this.word === undefined ? this.reason : `${this.reason} (${this.word})`
  }
}

/** A rejection of the client library → what it means. */
export const toRedisError = (cause: unknown): RedisError => {
  if (cause instanceof RedisError) return cause
  const { code, message } = cause instanceof Error ? cause as NodeJS.ErrnoException : { code: undefined, message: "" }
  if (isReplyError(cause)) {
    const [word = ""] = /^[A-Z]+/.exec(message) ?? []
    return new RedisError({ reason: isUnusable(word, message) ? "connection" : "refused", word })
  }
  if (message === "Command timed out") return new RedisError({ reason: "timeout" })
  return new RedisError({
    reason: "connection",
    ...(code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? { word: code } : {})
  })
}

const isReplyError = (cause: unknown): boolean => cause instanceof (ReplyError as ErrorConstructor)

// Replies that every command would get: asking on is of no use for a while.
const unusable = new Set(["LOADING", "BUSY", "NOAUTH", "WRONGPASS", "CLUSTERDOWN", "MASTERDOWN", "UNKILLABLE"])

const isUnusable = (word: string, message: string): boolean =>
  unusable.has(word) || message === "ERR max number of clients reached"
