/**
 * Limits of the listener and its calls that are not configurable, each with its rationale.
 */
import { bodyLimits } from "@posh/api"

export const callLimits = {
  /** Open calls of one connection; clients open another one, or wait. */
  streams: 1_000,
  /** Octets of a header, as on HTTP. */
  header: 16 * 1024,
  /** Fields of a header, as on HTTP, with those that begin with a colon. */
  headerFields: 100,
  /** Milliseconds in which a new connection must say that it speaks HTTP/2. */
  helloMs: 10_000,
  /** Octets that a connection may send in two seconds beside calls: some 10,000 frames. Clients send some hundred. */
  idleOctets: 128 * 1024,
  /** Milliseconds in which a request must arrive, unless it is a stream. */
  requestMs: 30_000,
  /** The same of one that needs no key. Meanwhile it has a place that others need to ask for the health. */
  openRequestMs: 5_000,
  /** Milliseconds for which a connection with open calls may be silent until it is asked whether it lives. */
  silentMs: 30_000,
  /** Milliseconds until a connection that does not answer is closed. */
  pingMs: 20_000,
  /** Questions of one stream that are under way; the next is read when one has its result. */
  streamQuestions: 32,
  /** Open streams of all callers, three quarters of them of one: each may hold some 100 KiB. */
  openStreams: 2_000,
  /** Milliseconds for which a stream may carry nothing in either way. Its caller opens another one. */
  idleStreamMs: 1_800_000,
  /** Octets of an answer that are given to Node.js at a time: so it is seen whether its reader goes on. */
  portion: 64 * 1024,
  /** Octets that a call takes whose answer is complete and not read to its end, beside that answer. */
  answeredOctets: 8 * 1024,
  /** Octets of a message that has few fields, however short they are. */
  simpleMessage: 4 * 1024,
  /** Fields of a message with one question, and of one with many: the largest batch that makes sense has some 50,000. */
  fields: 1_000,
  batchFields: 100_000,
  /** Octets of a message. One of a stream or with one question, as on HTTP. */
  message: bodyLimits.single,
  batch: bodyLimits.batch,
  /** Health and reflection. */
  smallMessage: 4 * 1024
} as const

/** Octets of a message to a method. */
export const messageLimitOf = (method: string): number => {
  if (method === "posh.v1.VerificationService/BatchVerify") return callLimits.batch
  return method.startsWith("posh.v1.") ? callLimits.message : callLimits.smallMessage
}
