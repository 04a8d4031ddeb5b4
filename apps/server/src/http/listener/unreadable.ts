/**
 * Responses to malformed HTTP, at most one for each request. What Node.js cannot parse may be the rest of a request that
 * has its response, or follow requests that wait for theirs. A second final response would be taken for that of another
 * request: a proxy that shares the connection would give it to another caller (response desynchronisation).
 */
import { type AnyProblem, messageProblem, problem } from "@posh/api"
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { connectionOf } from "../../connections/Connection.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { renderProblem, write } from "../rendered.ts"
import { answer } from "./rawAnswer.ts"

/** An error of `clientError`, with the octets that could not be parsed. */
export interface UnreadableError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer
}

/**
 * Handles `clientError`: malformed HTTP, or a time-out. Sends a problem if no other response is due, and closes. Returns the
 * problem for the log; `undefined` if nothing was asked.
 */
export const refuseUnreadable = (error: UnreadableError, socket: Duplex): AnyProblem | undefined => {
  if (error.code === "ECONNRESET" || !socket.writable || hasAskedNothing(error, socket)) {
    socket.destroy()
    return undefined
  }
  const problem = problemOf(error)
  endUnreadable(socket, problem)
  return problem
}

/** Handles `CONNECT`, for which Node.js has no response object. */
export const refuseConnect = (socket: Duplex): AnyProblem => {
  const refusal = problem("MethodNotAllowed", "The service is no proxy: there is no CONNECT.")
  endUnreadable(socket, refusal, ["Allow: "])
  return refusal
}

/**
 * The time-out of a connection that somebody opened ahead. A response would be taken for that to the first request.
 * `bytesRead` are those of HTTP, also over TLS.
 */
const hasAskedNothing = ({ code }: UnreadableError, socket: Duplex): boolean => {
  const { lastResponse, preamble } = connectionOf(socket)
  return code === timedOut && lastResponse === undefined && (socket as Socket).bytesRead - preamble < shortestMethod
}

/** Octets. Fewer ask nothing: they are an empty line (RFC 9112 §2.2) or less than a method; Node.js does not tell which. */
const shortestMethod = 3

const timedOut = "ERR_HTTP_REQUEST_TIMEOUT"

const problemOf = ({ code, rawPacket }: UnreadableError): AnyProblem => {
  if (code === timedOut) return messageProblem(408, "The request did not arrive in time.")
  if (code === "HPE_HEADER_OVERFLOW") {
    return messageProblem(431, `The header is larger than ${callerBounds.header} octets.`)
  }
  if (code === "HPE_PAUSED_H2_UPGRADE") return problem("InvalidRequest", "This is HTTP/2; send HTTP/1.1.")
  // RFC 8446 §5.1: a record of the type handshake. The client sees an error of its TLS, and the log says why.
  if (rawPacket?.[0] === 0x16) {
    return problem("InvalidRequest", "This is TLS, not valid HTTP/1.1; the port is plain HTTP.")
  }
  return problem("InvalidRequest", "This is not valid HTTP/1.1.")
}

/** The error response that is still possible on a connection from which nothing more can be parsed. */
type ErrorResponse =
  /** No response is due: the malformed octets start a new request, which has no response object. */
  | "raw"
  /** The body of a request is malformed and its response has not started: that response carries the problem. */
  | "own"
  /** A response has started or is due; the connection closes after it. */
  | "none"

/** `response`: that of the last request. */
const errorResponseOf = (response: ServerResponse | undefined): ErrorResponse => {
  if (response === undefined) return "raw"
  if (response.req.complete) return response.writableFinished ? "raw" : "none"
  return response.headersSent || response.writableEnded ? "none" : "own"
}

/** Closes the connection, with the problem if no other response is due. `headers`: lines of a raw response. */
const endUnreadable = (socket: Duplex, problem: AnyProblem, headers: ReadonlyArray<string> = []): void => {
  const connection = connectionOf(socket)
  if (connection.isEnded) return
  connection.isEnded = true
  const response = connection.lastResponse
  const kind = errorResponseOf(response)
  if (kind === "raw") return answer(socket, problem, headers)
  if (response === undefined || response.destroyed) return void socket.destroy()
  if (!response.headersSent) response.shouldKeepAlive = false
  // Pending octets are still sent; what arrives meanwhile is not parsed.
  response.once("finish", () => end(socket))
  if (kind === "own") return write(response, renderProblem(problem))
  if (response.writableFinished) end(socket)
}

/** Like `destroySoon` of sockets: sends written octets first. */
const end = (socket: Duplex): void => {
  if (socket.destroyed) return
  if (socket.writableFinished) return void socket.destroy()
  socket.once("finish", () => socket.destroy())
  socket.end()
}
