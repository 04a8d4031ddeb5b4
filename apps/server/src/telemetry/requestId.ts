/**
 * The id of a request, by which a caller's complaint is found in the log: `X-Request-Id` of every response, and the end of
 * `instance` of every problem.
 */
import { randomUUID } from "node:crypto"

/** A field of this name is the caller's id, if it is well-formed. */
export const requestIdHeader = "x-request-id"

/** Characters that need no escape in a log, in a header or in the URN of `instance` (RFC 8141 §2). */
const wellFormed = /^[A-Za-z0-9._~:@/+=-]{1,128}$/

/** The caller's id, or one that is made. Two fields make a list, which is not well-formed. */
export const toRequestId = (given: string | ReadonlyArray<string> | undefined): string =>
  typeof given === "string" && wellFormed.test(given) ? given : makeRequestId()

export const makeRequestId = (): string => randomUUID()
