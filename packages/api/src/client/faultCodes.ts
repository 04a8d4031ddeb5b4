/**
 * Every reason why the client has no answer, in one table.
 *
 * `elsewhere`: another endpoint may answer. `later`: the same endpoint may, after a while. A question is repeated for no other
 * reason; faults of the question and refusals of the service would only come again.
 */

/** Whether, and where, a question is asked again. */
interface Repeat {
  readonly elsewhere: boolean
  readonly later: boolean
  readonly message: string
}

const never = { elsewhere: false, later: false } as const
const elsewhere = { elsewhere: true, later: false } as const
const anywhere = { elsewhere: true, later: true } as const

/** A problem and a status decide for themselves: see `faults.ts`. */
export const faultCodes = {
  InvalidQuestion: { ...never, message: "The question is malformed, and was not sent" },
  Busy: { ...never, message: "Too many questions of this client wait for answers" },
  KeyUnavailable: { ...never, message: "The function that gives the key failed, or gave no usable key" },
  CryptoUnavailable: { ...never, message: "This platform cannot compute SHA-256: Web Crypto needs a secure context" },
  Aborted: { ...never, message: "The caller gave the question up" },
  TimedOut: { ...elsewhere, message: "There was no answer in time" },
  Unreachable: { ...anywhere, message: "The endpoint cannot be reached" },
  Truncated: { ...anywhere, message: "The connection ended within the response" },
  Redirected: { ...elsewhere, message: "The endpoint redirects, which is not followed" },
  UnexpectedStatus: { ...never, message: "The endpoint answered with a status that is not the service's" },
  UnexpectedMediaType: { ...elsewhere, message: "The response is not JSON" },
  BodyTooLarge: { ...elsewhere, message: "The response is too large" },
  InvalidBody: { ...elsewhere, message: "The response is not UTF-8 or not JSON" },
  InvalidAnswer: { ...elsewhere, message: "The response is no answer of the service" },
  WrongAnswer: { ...elsewhere, message: "The response answers another question" },
  ServiceProblem: { ...never, message: "The service gave a problem instead of an answer" },
  Defect: { ...never, message: "The client has a defect" }
} as const satisfies Readonly<Record<string, Repeat>>

export type ClientFaultCode = keyof typeof faultCodes
