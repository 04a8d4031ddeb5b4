/**
 * One answer to a request. What Node.js cannot read may be the rest of a request that has its answer, or what follows
 * requests that wait for theirs; a second final response would be taken for the answer to another request, and so,
 * by a proxy that shares the connection, be given to another caller.
 */
import { type Problem, problem, problemMediaType } from "@posh/api"
import type { ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { renderProblem, write } from "../rendered.ts"
import { connectionOf } from "./Connection.ts"
import { largestHeader } from "./NodeServer.ts"

/** What arrives is no HTTP, or not in time: a problem as well, where no other answer is due, and the end of the connection. */
export const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy()
  endUnreadable(socket, problem("InvalidRequest", details.get(error.code ?? "") ?? "This is not valid HTTP/1.1."))
}

const details = new Map([
  ["HPE_HEADER_OVERFLOW", `The header is larger than ${largestHeader} octets.`],
  ["ERR_HTTP_REQUEST_TIMEOUT", "The request did not arrive in time."]
])

/** What may still be said on a connection of which nothing more can be read. */
type ErrorResponse =
  /** No answer is due or under way: the octets that cannot be read are a request of their own. */
  | "raw"
  /** The body of a request cannot be read, and nothing has been answered to it: its own response says so. */
  | "own"
  /** Whatever is answered already, or will be, is the end of the connection. */
  | "none"

/** Pure, but for the state of Node.js. `response` is that of the last request which was begun. */
const errorResponseOf = (response: ServerResponse | undefined): ErrorResponse => {
  if (response === undefined) return "raw"
  if (response.req.complete) return response.writableFinished ? "raw" : "none"
  return response.headersSent || response.writableEnded ? "none" : "own"
}

/** Ends a connection of which nothing more can be read: with the problem, where that is the only answer. */
const endUnreadable = (socket: Duplex, problem: Problem): void => {
  const connection = connectionOf(socket)
  if (connection.isEnded) return
  connection.isEnded = true
  const response = connection.lastResponse
  const kind = errorResponseOf(response)
  if (kind === "raw") return answer(socket, problem)
  if (response === undefined || response.destroyed) return void socket.destroy()
  if (!response.headersSent) response.shouldKeepAlive = false
  // What was answered is still sent; and nothing that comes meanwhile is a request any more.
  response.once("finish", () => end(socket))
  if (kind === "own") return write(response, renderProblem(problem))
  if (response.writableFinished) end(socket)
}

/** As `destroySoon` of sockets: written octets leave first. */
const end = (socket: Duplex): void => {
  if (socket.destroyed) return
  if (socket.writableFinished) return void socket.destroy()
  socket.once("finish", () => socket.destroy())
  socket.end()
}

/** Past Node.js, which has no response for what is no request. */
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
