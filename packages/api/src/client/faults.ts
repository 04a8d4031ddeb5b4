/**
 * Faults as the client handles them: what the caller gets to know, and whether the question is asked again. Pure.
 */
import { Data } from "effect"
import type { Problem } from "../Problem.ts"
import { type ClientFaultCode, faultCodes } from "./faultCodes.ts"
import type { ClientFault } from "./VerifyResult.ts"

/** Why the client has no answer. */
export class ClientError extends Data.TaggedError("ClientError")<{ readonly fault: ClientFault }> {
  override get message(): string {
    return this.fault.message
  }
}

/** A fault of one request, and what can be done about it. */
export interface RequestFault {
  readonly fault: ClientFault
  readonly elsewhere: boolean
  readonly later: boolean
}

export type FaultFacts = Partial<Omit<ClientFault, "code" | "message" | "retryable">> & {
  /** Goes on from the message. Fixed text, or text that was bounded: never a cause's message, which may have the key. */
  readonly detail?: string
}

export const toFault = (code: ClientFaultCode, { detail, ...facts }: FaultFacts = {}): RequestFault =>
  withRepeat(code, detail, facts, faultCodes[code])

/** 4xx is the caller's: nobody else would say otherwise, and but for 429 it does not pass (429: RFC 6585 §4). */
export const statusFault = (status: number, facts: FaultFacts = {}): RequestFault => {
  if (status >= 300 && status < 400) return toFault("Redirected", { ...facts, status })
  const { detail = `status ${status}`, ...rest } = facts
  const later = status === 429 || status === 502 || status === 503 || status === 504
  // What is neither an answer nor a refusal comes of something that is not the service.
  const repeat = { elsewhere: status < 400 || status >= 500, later }
  return withRepeat("UnexpectedStatus", detail, { ...rest, status }, repeat)
}

export const problemFault = (problem: Problem, facts: FaultFacts = {}): RequestFault => {
  const { code, detail, field, retryAfterMs, status } = problem
  const overloaded = code === "Overloaded"
  return withRepeat("ServiceProblem", detail.slice(0, 500), {
    ...facts,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.max(0, retryAfterMs) }),
    problem: { code, detail, ...(field === undefined ? {} : { field }) }
  }, { elsewhere: overloaded || code === "InternalError", later: overloaded || code === "TooManyRequests" })
}

const withRepeat = (
  code: ClientFaultCode,
  detail: string | undefined,
  facts: Omit<FaultFacts, "detail">,
  { elsewhere, later }: Pick<RequestFault, "elsewhere" | "later">
): RequestFault => ({
  fault: {
    code,
    message: `${faultCodes[code].message}${detail === undefined ? "" : `: ${detail}`}${
      /[.!?]$/.test(detail ?? "") ? "" : "."
    }`,
    retryable: elsewhere || later,
    ...facts
  },
  elsewhere,
  later
})
