/**
 * A problem as octets on a connection, where Node.js has no response object.
 */
import { type AnyProblem, problemMediaType } from "@posh/api"
import { STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { makeRequestId, requestIdHeader } from "../../telemetry/requestId.ts"
import { problemBody, securityHeaders } from "../rendered.ts"

/** Writes the problem and closes the connection. `headers`: further lines. */
export const answer = (socket: Duplex, problem: AnyProblem, headers: ReadonlyArray<string> = []): void => {
  const requestId = makeRequestId()
  const body = problemBody(problem, requestId)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
    ...headers,
    `${requestIdHeader}: ${requestId}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close"
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
}
