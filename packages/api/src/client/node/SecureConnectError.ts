/**
 * Why there is no connection. Its socket is destroyed.
 */
import type { ClientAnswer, ClientFault } from "../VerifyResult.ts"

/** Every reason, with a sentence for a person. */
export const secureConnectCodes = {
  InvalidOptions: "The options cannot be used",
  ConnectFailed: "The connection or its handshake failed",
  NoCertificate: "The peer presented no certificate",
  SessionResumed: "The session was resumed, so that no certificate was presented",
  NotVerified: "The ordinary check failed, and the service does not say yes",
  NoAnswer: "The ordinary check failed, and the service could not be asked",
  CertificateChanged: "The peer presented another certificate while the service was asked",
  Closed: "The peer closed the connection before there was a verdict",
  TimedOut: "There was no verdict in time",
  Aborted: "The caller gave the connection up"
} as const

export type SecureConnectCode = keyof typeof secureConnectCodes

export interface SecureConnectFacts {
  readonly detail?: string
  /** For `NotVerified`. */
  readonly answer?: ClientAnswer
  /** For `NoAnswer`. */
  readonly fault?: ClientFault
}

export class SecureConnectError extends Error {
  override readonly name = "SecureConnectError"
  readonly code: SecureConnectCode
  readonly answer: ClientAnswer | undefined
  readonly fault: ClientFault | undefined

  constructor(code: SecureConnectCode, { answer, detail, fault }: SecureConnectFacts = {}) {
    const reason = detail ?? answer?.message ?? fault?.message
    super(`${secureConnectCodes[code]}${reason === undefined ? "." : `: ${reason}`}`)
    this.code = code
    this.answer = answer
    this.fault = fault
  }
}
