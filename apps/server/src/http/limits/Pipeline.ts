/**
 * Requests of one connection that wait for their answers. Node.js starts all that arrive together: 64 KiB are more than
 * a thousand short ones.
 */
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { callerBounds } from "../../service/limits/bounds.ts"
import { connectionOf } from "../listener/Connection.ts"

/** `over`: one too many, to be told so. `behind`: what follows it, of which nothing is answered any more. */
export type Depth = "within" | "over" | "behind"

/** Puts the answer to a request behind those of the requests before it. */
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
    socket.pause() // what has been read already still comes
    suppressStackTraces(socket)
    return "over"
  }
  waiting.push(response)
  return "within"
}

/**
 * Node.js tells the answer that is being written of the end of its connection, and not those behind it. They end as well:
 * whatever is held for them until they close, or works on them, is let go.
 */
const abandon = (answers: ReadonlyArray<ServerResponse>): void => {
  for (const answer of answers) {
    if (answer.destroyed || answer.writableFinished) continue
    answer.destroy()
    answer.emit("close")
  }
}

/** Node.js ends each unanswered request with an error, and a thousand stacks are what would be dear about them. */
const suppressStackTraces = (socket: Socket): void => {
  const { stackTraceLimit } = Error
  socket.prependOnceListener("close", () => void (Error.stackTraceLimit = 0))
  socket.once("close", () => void (Error.stackTraceLimit = stackTraceLimit))
}

const unreadOctets = (answers: ReadonlyArray<ServerResponse>): number =>
  answers.reduce((sum, { writableLength }) => sum + writableLength, 0)
