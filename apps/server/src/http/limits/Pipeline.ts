/**
 * Limits pipelined requests of one connection. Node.js starts all that arrive together: more than a thousand short ones
 * fit in 64 KiB.
 */
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { connectionOf } from "../../connections/Connection.ts"
import { callerBounds } from "../../service/limits/bounds.ts"

/** `over`: the first request beyond the limit, which gets a problem. `behind`: later ones, which get no response. */
export type Depth = "within" | "over" | "behind"

/** Queues a response behind those of earlier requests. */
export const enqueue = (socket: Socket, response: ServerResponse): Depth => {
  const connection = connectionOf(socket)
  const { waiting } = connection
  if (waiting === undefined) {
    const first = [response]
    connection.waiting = first
    socket.once("close", () => setImmediate(abandon, first))
    return "within"
  }
  if (connection.isOver) return "behind"
  while (waiting[0]?.writableFinished === true) waiting.shift()
  connection.isOver = waiting.length >= callerBounds.pipelined || unreadOctets(waiting) > callerBounds.pipelinedOctets
  if (connection.isOver) {
    socket.pause() // what Node.js has read already still arrives
    suppressStackTraces(socket)
    return "over"
  }
  waiting.push(response)
  return "within"
}

/**
 * When a connection closes, Node.js emits `close` only on the response that is being written. The queued ones are closed
 * here, so that whatever waits for their `close` is released.
 */
const abandon = (answers: ReadonlyArray<ServerResponse>): void => {
  for (const answer of answers) {
    if (answer.destroyed || answer.writableFinished) continue
    answer.destroy()
    answer.emit("close")
  }
}

/** Node.js creates an error for each unanswered request; a thousand stack traces are expensive. */
const suppressStackTraces = (socket: Socket): void => {
  const { stackTraceLimit } = Error
  socket.prependOnceListener("close", () => void (Error.stackTraceLimit = 0))
  socket.once("close", () => void (Error.stackTraceLimit = stackTraceLimit))
}

const unreadOctets = (answers: ReadonlyArray<ServerResponse>): number =>
  answers.reduce((sum, { writableLength }) => sum + writableLength, 0)
