/**
 * Receives the response to a request: interim heads, the head and the body, or a premature end.
 */
import { Result } from "effect"
import type { Dispatcher } from "undici"
import { type FetchRequest, type FetchResponse, type Head, headerValues } from "../fetch/Fetcher.ts"
import { listMembers, toToken } from "../fetch/fields.ts"
import { type BodyReader, makeBodyReader } from "./Body.ts"
import { EgressError } from "./EgressError.ts"
import { describeHttpFault, isCutOff, tooLargeHead } from "./httpFault.ts"
import { closedError, toTlsError } from "./tlsError.ts"

export type ExchangeResponse = Omit<FetchResponse, "trace">

/** Progress of the response. */
export interface Progress {
  started: boolean
  /** Of all heads, interim ones included. */
  headerOctets: number
  head?: Head
  /** The first octets of the final head, as they arrived: for the reason where it is refused. */
  firstOctets: Uint8Array
  /** Maximum size of the decoded body, octets. */
  bodyLimit?: number
  body?: BodyReader
  /** Of the body, as it was sent. */
  bodyOctets: number
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
    if (progress.headerOctets > limits.headerOctets) return settle(protocolError(tooLargeHead))
    if (status === 101 || status < 100) return settle(protocolError(`status ${status}`))
    if (status < 200) return // POSH-RES-51

    const head: Head = { status, headers }
    progress.head = head
    const limit = bodyLimit(head)
    if (limit === undefined) return settle(Result.succeed({ ...head, body: new Uint8Array() }))
    if (!isFramed(head)) return settle(protocolError("Transfer-Encoding is other than chunked", status))
    progress.bodyLimit = limit
    progress.body = makeBodyReader(head, limit, (result) =>
      settle(Result.mapBoth(result, {
        onFailure: (code) => new EgressError({ code, status }),
        onSuccess: (body) => ({ ...head, body })
      })))
  },
  onResponseData: (_controller, octets) => {
    progress.bodyOctets += octets.length
    progress.body?.write(octets)
  },
  onResponseEnd: () => progress.body?.end(),
  onResponseError: (_controller, error) =>
    isCutOff(error) && isWhole(progress) ? progress.body?.end() : settle(Result.fail(toExchangeError(error, progress)))
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
      ? new EgressError({ code: "HttpProtocolError", detail: tooLargeHead })
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

/** RFC 9112 §7: no other transfer coding is understood. `identity` is none any more, and changes nothing. */
const isFramed = (head: Head): boolean =>
  headerValues(head, "transfer-encoding").flatMap(listMembers).every((coding) => codings.has(toToken(coding)))
const codings: ReadonlySet<string | undefined> = new Set(["chunked", "identity"])

/** Are there as many octets as the head says? undici takes white space after Content-Length for a digit. */
const isWhole = ({ bodyOctets, head }: Progress): boolean => {
  const [declared, ...others] = head === undefined ? [] : headerValues(head, "content-length")
  return declared !== undefined && others.length === 0 && /^\d+$/.test(declared) && Number(declared) === bodyOctets
}

const protocolError = (detail: string, status?: number) =>
  Result.fail(new EgressError({ code: "HttpProtocolError", detail, ...(status === undefined ? {} : { status }) }))

const toExchangeError = (last: NodeJS.ErrnoException, progress: Progress): EgressError => {
  const { firstError, firstOctets, head, started } = progress
  const error = firstError ?? last
  const fault = describeHttpFault(error, firstOctets)
  const detail = fault ?? error.code ?? "unknown"
  if (head !== undefined) {
    // POSH-RES-48: what ends early broke off, what is malformed is no HTTP.
    const code = fault === undefined || isCutOff(error) ? "BodyTruncated" : "HttpProtocolError"
    return new EgressError({ code, detail, status: head.status })
  }
  if (fault !== undefined || (started && detail !== "ECONNRESET")) {
    return new EgressError({
      code: "HttpProtocolError",
      detail: detail === "UND_ERR_SOCKET" ? "the head is cut off" : detail
    })
  }
  // Closed without an alert. With TLS 1.3, servers that require a client certificate also refuse at this point.
  return toTlsError(detail === "UND_ERR_SOCKET" ? closedError : error)
}
