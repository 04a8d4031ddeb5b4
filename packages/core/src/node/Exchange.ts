/**
 * One GET and its answer over a connection that serves for nothing else.
 */
import { Effect, Result } from "effect"
import type { TLSSocket } from "node:tls"
import { Client, type Dispatcher } from "undici"
import type { FetchRequest, FetchResponse, Head } from "../Fetcher.ts"
import { type BodyReader, makeBodyReader } from "./Body.ts"
import { EgressFailure } from "./EgressFailure.ts"
import { skipContinue } from "./interim.ts"
import { tlsFailure } from "./tlsFailure.ts"

export type Answer = Omit<FetchResponse, "trace">

/**
 * Sends the request and reads as much of the answer as is wanted. The connection is left as it is then, in the middle
 * of an answer even: it cannot be used again.
 */
export const exchange = (
  connection: TLSSocket,
  request: FetchRequest,
  userAgent: string
): Effect.Effect<Answer, EgressFailure> =>
  Effect.suspend(() => {
    const reception = makeReception(request)
    connection.once("error", reception.onFault)
    const answer = Effect.callback<Answer, EgressFailure>((resume) => {
      skipContinue(connection, request.limits.headerOctets)
      makeClient(connection, request).dispatch(
        { method: "GET", path: request.target.path, headers: requestHeaders(request, userAgent) },
        reception.handler((result) => resume(Effect.fromResult(result)))
      )
      return Effect.sync(reception.close)
    })
    const firstByteTimeout = Effect.sleep(request.limits.firstByteMs).pipe(
      Effect.andThen(Effect.suspend(() => reception.started() ? Effect.never : Effect.fail(timeout(request))))
    )
    return Effect.raceFirst(answer, firstByteTimeout)
  })

// POSH-RES-40: `Host` and `Connection: close` are undici's, and there is nothing else.
const requestHeaders = ({ accept }: FetchRequest, userAgent: string) => ({
  "Accept": accept,
  "User-Agent": userAgent,
  "Accept-Encoding": "identity" // POSH-RES-47
})

const makeClient = (connection: TLSSocket, { limits, target }: FetchRequest) =>
  new Client(`https://${target.host}:${target.port}`, {
    allowH2: false,
    pipelining: 0, // and no keep-alive
    maxHeaderSize: limits.headerOctets,
    headersTimeout: 0, // ours are the ones above
    bodyTimeout: 0,
    // Not at once: undici would not notice that it is connected.
    connect: (_options, callback) =>
      queueMicrotask(() =>
        connection.destroyed ? callback(connection.errored ?? closed, null) : callback(null, connection)
      )
  })

const closed = Object.assign(new Error("closed"), { code: "ECONNRESET" })

const timeout = ({ limits }: FetchRequest) =>
  new EgressFailure({ code: "ResponseTimeout", detail: `no answer within ${limits.firstByteMs} ms` })

/** How far the answer has come. */
interface Progress {
  started: boolean
  /** Of all heads, interim ones included. */
  headerOctets: number
  head?: Head
  body?: BodyReader
  /** The first error of the connection. An alert is followed by the end, and undici reports the end. */
  fault?: NodeJS.ErrnoException
}

const makeReception = (request: FetchRequest) => {
  const progress: Progress = { started: false, headerOctets: 0 }
  return {
    started: () => progress.started,
    onFault: (error: NodeJS.ErrnoException) => {
      progress.fault = error
    },
    close: () => progress.body?.close(),
    handler: (settle: (result: Result.Result<Answer, EgressFailure>) => void) => handle(request, progress, settle)
  }
}

const handle = (
  { bodyLimit, limits }: FetchRequest,
  progress: Progress,
  settle: (result: Result.Result<Answer, EgressFailure>) => void
): Dispatcher.DispatchHandler => ({
  onRequestStart: () => undefined,
  onResponseStarted: () => {
    progress.started = true
  },
  onResponseStart: ({ rawHeaders }, status) => {
    const headers = fieldLines(rawHeaders)
    progress.headerOctets += octetsOf(headers)
    if (progress.headerOctets > limits.headerOctets) return settle(protocolError("the head is too large"))
    if (status === 101 || status < 100) return settle(protocolError(`status ${status}`))
    if (status < 200) return // POSH-RES-51

    const head: Head = { status, headers }
    progress.head = head
    const limit = bodyLimit(head)
    if (limit === undefined) return settle(Result.succeed({ ...head, body: new Uint8Array() }))
    progress.body = makeBodyReader(head, limit, (result) =>
      settle(Result.mapBoth(result, {
        onFailure: (code) => new EgressFailure({ code, status }),
        onSuccess: (body) => ({ ...head, body })
      })))
  },
  onResponseData: (_controller, octets) => progress.body?.write(octets),
  onResponseEnd: () => progress.body?.end(),
  onResponseError: (_controller, error) => settle(Result.fail(exchangeFailure(error, progress)))
})

/** At least: the status line may have a reason, and white space is free. */
const octetsOf = (headers: Head["headers"]): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length + ": \r\n".length, statusLineOctets)
const statusLineOctets = "HTTP/1.1 200 \r\n\r\n".length

/** Every field line by itself, so that a repeated one can be seen (POSH-RES-62). */
const fieldLines = (raw: Dispatcher.DispatchController["rawHeaders"]): Head["headers"] => {
  if (!Array.isArray(raw)) return []
  const text = raw.map((item) => typeof item === "string" ? item : withoutPadding(item).toString("latin1"))
  return Array.from(
    { length: text.length >> 1 },
    (_, index) => [(text[2 * index] ?? "").toLowerCase(), text[2 * index + 1] ?? ""] as const
  )
}

/** White space after a value is no part of it (RFC 9112 §5.1); that before it, undici takes away. */
const withoutPadding = (octets: Buffer) =>
  octets.subarray(0, octets.findLastIndex((octet) => octet !== 0x20 && octet !== 0x09) + 1)

const protocolError = (detail: string) => Result.fail(new EgressFailure({ code: "HttpProtocolError", detail }))

const exchangeFailure = (last: NodeJS.ErrnoException, { fault, head, started }: Progress): EgressFailure => {
  const error = fault ?? last
  const detail = error.code ?? "unknown"
  if (detail === "UND_ERR_HEADERS_OVERFLOW") return new EgressFailure({ code: "HttpProtocolError", detail })
  if (head !== undefined) return new EgressFailure({ code: "BodyTruncated", detail, status: head.status })
  if (detail.startsWith("HPE_") || (started && detail !== "ECONNRESET")) {
    return new EgressFailure({ code: "HttpProtocolError", detail })
  }
  // Broken off without a word. With TLS 1.3 this is also where servers refuse a client that shows no certificate.
  return tlsFailure(detail === "UND_ERR_SOCKET" ? closed : error)
}
