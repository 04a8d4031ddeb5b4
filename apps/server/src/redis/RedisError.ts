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
}> {
  override get message(): string {
    return this.word === undefined ? this.reason : `${this.reason} (${this.word})`
  }
}

/** Classifies a rejection of the client library. */
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

// Error replies that every command would get: they open the breaker.
const unusable = new Set(["LOADING", "BUSY", "NOAUTH", "WRONGPASS", "CLUSTERDOWN", "MASTERDOWN", "UNKILLABLE"])

const isUnusable = (word: string, message: string): boolean =>
  unusable.has(word) || message === "ERR max number of clients reached"
