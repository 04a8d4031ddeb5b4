/**
 * Writes an answer of the library to a stream of HTTP/2, as fast as it is read.
 */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol"
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2"
import type { Call } from "./Call.ts"
import { callLimits } from "./limits.ts"
import { statusInEnvelope, statusOfHttp } from "./statusTold.ts"

/** Counts what is written in `transfer`. `finish` gets the number of the status before the answer ends; none is that of success. */
export const writeAnswer = (
  { body, header, status, trailer }: UniversalServerResponse,
  { stream, transfer }: Pick<Call, "stream" | "transfer">,
  finish: (status: string | undefined) => void
): Promise<void> => {
  const chunks = body?.[Symbol.asyncIterator]()
  const contentType = header?.get("content-type") ?? ""
  let told: string | undefined
  const leave = () => void chunks?.return?.().then(ignore, ignore)
  const end = () => {
    const names = toNodeHeaders(trailer)
    finish(trailer?.get("grpc-status") ?? told ?? statusOfHttp(status))
    stream.once("wantTrailers", () => {
      stream.sendTrailers(names)
      stopSender(stream)
    })
    stream.end()
  }
  const next = (): Promise<void> =>
    (chunks?.next() ?? Promise.resolve(nothing)).then((read) => {
      if (stream.destroyed) return leave()
      // An answer may still set headers until its first octets.
      if (!stream.headersSent) respond(stream, status, toNodeHeaders(header))
      if (read.done === true) return end()
      told = statusInEnvelope(contentType, read.value) ?? told
      return write(read.value).then(next)
    })
  const write = (octets: Uint8Array): Promise<void> => {
    const portion = octets.subarray(0, callLimits.portion)
    const isDrained = stream.write(portion)
    transfer.written += portion.length
    const rest = octets.subarray(portion.length)
    if (isDrained) return rest.length === 0 ? done : write(rest)
    return drained(stream).then(() => rest.length === 0 || stream.destroyed ? undefined : write(rest))
  }
  return next()
}

const respond = (stream: ServerHttp2Stream, status: number, headers: OutgoingHttpHeaders) =>
  stream.respond({ ":status": status, ...headers }, { waitForTrailers: true })

/** Also when the stream closes. */
const drained = (stream: ServerHttp2Stream): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done)
      resolve()
    }
    stream.once("drain", done).once("close", done)
    if (stream.destroyed) done()
  })

/** RFC 9113 §8.1: a caller that still sends is asked to stop, once the answer is complete. */
const stopSender = (stream: ServerHttp2Stream): void => {
  if (stream.readableEnded) return
  setImmediate(() => {
    if (stream.destroyed) return
    if (stream.state.remoteClose === 0) stream.close(noError)
    stream.resume() // what has arrived would keep it open, also if that is all
  })
}

const noError = 0

const toNodeHeaders = (headers: Headers | undefined): OutgoingHttpHeaders => {
  const named: OutgoingHttpHeaders = {}
  headers?.forEach((value, name) => named[name] = name === "grpc-message" ? plainly(value) : value)
  return named
}

/**
 * Only what must be is percent-encoded (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): the library encodes more, of
 * which some clients decode a part.
 */
const plainly = (message: string): string =>
  message.replaceAll(/%(?:2[0-46-9A-F]|3[A-F]|40|5[B-E]|60|7[B-E])/gi, decodeURIComponent)

const done = Promise.resolve()
const nothing = { done: true, value: undefined } as const
const ignore = () => undefined
