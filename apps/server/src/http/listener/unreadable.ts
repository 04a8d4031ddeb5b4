/**
 * Responses to malformed HTTP, at most one for each request. What Node.js cannot parse may be the rest of a request that
 * has its response, or follow requests that wait for theirs. A second final response would be taken for that of another
 * request: a proxy that shares the connection would give it to another caller (response desynchronisation).
 */
import { type Problem, problem, problemMediaType } from "@posh/api"
import type { ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { renderProblem, write } from "../rendered.ts"
import { connectionOf } from "./Connection.ts"
import { largestHeader } from "./NodeServer.ts"

/** Handles `clientError`: malformed HTTP, or a time-out. Sends a problem if no other response is due, and closes. */
export const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy()
  endUnreadable(socket, problem("InvalidRequest", details.get(error.code ?? "") ?? "This is not valid HTTP/1.1."))
}

const details = new Map([
  ["HPE_HEADER_OVERFLOW", `The header is larger than ${largestHeader} octets.`],
  ["ERR_HTTP_REQUEST_TIMEOUT", "The request did not arrive in time."]
])

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

/** Closes the connection, with the problem if no other response is due. */
const endUnreadable = (socket: Duplex, problem: Problem): void => {
  const connection = connectionOf(socket)
  if (connection.isEnded) return
  connection.isEnded = true
  const response = connection.lastResponse
  const kind = errorResponseOf(response)
  if (kind === "raw") return answer(socket, problem)
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

/** Written to the socket, because Node.js has no response object without a request. */
const answer = (socket: Duplex, problem: Problem): void => {
  const body = JSON.stringify(problem)
  const head = [
    "HTTP/1.1 400 Bad Request",
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close"
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
}
