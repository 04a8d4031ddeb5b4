/**
 * Requests of one connection that wait for their answers. Node.js starts all that arrive together: 64 KiB are more than
 * a thousand short ones.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { callerBounds } from "./bounds.ts"

/** `over`: one too many, to be told so. `behind`: what follows it, of which nothing is answered any more. */
export type Depth = "within" | "over" | "behind"

export const makePipeline = () => {
  const waiting = new WeakMap<Socket, { readonly answers: Array<ServerResponse>; over: boolean }>()
  return ({ socket }: IncomingMessage, response: ServerResponse): Depth => {
    const line = waiting.get(socket)
    if (line === undefined) {
      waiting.set(socket, { answers: [response], over: false })
      return "within"
    }
    if (line.over) return "behind"
    while (line.answers[0]?.writableFinished === true) line.answers.shift()
    line.over = line.answers.length >= callerBounds.pipelined || untaken(line.answers) > callerBounds.pipelinedOctets
    if (line.over) return "over"
    line.answers.push(response)
    return "within"
  }
}

const untaken = (answers: ReadonlyArray<ServerResponse>): number =>
  answers.reduce((sum, { writableLength }) => sum + writableLength, 0)
