/**
 * Receives the response to a request: interim heads, the head and the body, or a premature end.
 */
import { Result } from "effect"
import type { Dispatcher } from "undici"
import type { FetchRequest, FetchResponse, Head } from "../fetch/Fetcher.ts"
import { type BodyReader, makeBodyReader } from "./Body.ts"
import { EgressError } from "./EgressError.ts"
import { closedError, toTlsError } from "./tlsError.ts"

export type ExchangeResponse = Omit<FetchResponse, "trace">

/** Progress of the response. */
export interface Progress {
  started: boolean
  /** Of all heads, interim ones included. */
  headerOctets: number
  head?: Head
  /** Maximum size of the decoded body, octets. */
  bodyLimit?: number
  body?: BodyReader
  /** The first error of the connection. A TLS alert is followed by the end, and undici reports only the end. */
  firstError?: NodeJS.ErrnoException
}

/**
 * Handler for undici: settles as soon as the response or its failure is known. It may settle again; the first counts.
 */
export const receive = (
  { bodyLimit, limits }: FetchRequest,
  progress: Progress,
  settle: (result: Result.Result<ExchangeResponse, EgressError>) => void
): Dispatcher.DispatchHandler => ({
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
    progress.bodyLimit = limit
    progress.body = makeBodyReader(head, limit, (result) =>
      settle(Result.mapBoth(result, {
        onFailure: (code) => new EgressError({ code, status }),
        onSuccess: (body) => ({ ...head, body })
      })))
  },
  onResponseData: (_controller, octets) => progress.body?.write(octets),
  onResponseEnd: () => progress.body?.end(),
  onResponseError: (_controller, error) => settle(Result.fail(toExchangeError(error, progress)))
})

/**
 * An error if more octets arrived than head and body can explain. The parser discards some octets uncounted (reason
 * phrase, blank lines, chunk extensions, trailers), so a response could be endless without ever exceeding a limit.
 */
export const overheadError = (
  octets: number,
  { limits }: FetchRequest,
  { bodyLimit, head }: Progress
): EgressError | undefined => {
  if (head === undefined) {
    return octets > 2 * limits.headerOctets
      ? new EgressError({ code: "HttpProtocolError", detail: "the head is too large" })
      : undefined
  }
  return bodyLimit !== undefined && octets > 2 * (limits.headerOctets + bodyLimit)
    ? new EgressError({
      code: "BodyTooLarge",
      detail: "there is more around the body than in it",
      status: head.status
    })
    : undefined
}

/** A lower bound: the status line may have a reason phrase, and there may be more white space. */
const octetsOf = (headers: Head["headers"]): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length + ": \r\n".length, statusLineOctets)
const statusLineOctets = "HTTP/1.1 200 \r\n\r\n".length

/** One element per field line, so that repeated fields are visible (POSH-RES-62). */
const fieldLines = (raw: Dispatcher.DispatchController["rawHeaders"]): Head["headers"] => {
  if (!Array.isArray(raw)) return []
  const text = raw.map((item) => typeof item === "string" ? item : withoutPadding(item).toString("latin1"))
  return Array.from(
    { length: text.length >> 1 },
    (_, index) => [(text[2 * index] ?? "").toLowerCase(), text[2 * index + 1] ?? ""] as const
  )
}

/** White space after a value is not part of it (RFC 9112 §5.1). undici removes only that before it. */
const withoutPadding = (octets: Buffer) =>
  octets.subarray(0, octets.findLastIndex((octet) => octet !== 0x20 && octet !== 0x09) + 1)

const protocolError = (detail: string) => Result.fail(new EgressError({ code: "HttpProtocolError", detail }))

const toExchangeError = (last: NodeJS.ErrnoException, { firstError, head, started }: Progress): EgressError => {
  const error = firstError ?? last
  const detail = error.code ?? "unknown"
  if (detail === "UND_ERR_HEADERS_OVERFLOW") return new EgressError({ code: "HttpProtocolError", detail })
  if (head !== undefined) return new EgressError({ code: "BodyTruncated", detail, status: head.status })
  if (detail.startsWith("HPE_") || (started && detail !== "ECONNRESET")) {
    return new EgressError({ code: "HttpProtocolError", detail })
  }
  // Closed without an alert. With TLS 1.3, servers that require a client certificate also refuse at this point.
  return toTlsError(detail === "UND_ERR_SOCKET" ? closedError : error)
}
