/**
 * Requests that have arrived and are not answered to the end. Looks at the connections when it is asked: counting along
 * would cost every request.
 */
import type { Socket } from "node:net"
import { type Connection, connectionOf } from "../../connections/Connection.ts"
import type { NodeServer } from "./NodeServer.ts"

/** The returned function counts them. */
export const watchUnderWay = ({ scheme, server }: NodeServer): () => number => {
  const sockets = new Set<Socket>()
  server.on(scheme === "https" ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  return () => [...sockets].reduce((sum, socket) => sum + underWay(connectionOf(socket)), 0)
}

const underWay = ({ lastResponse, waiting }: Connection): number => {
  const responses = waiting ?? (lastResponse === undefined ? [] : [lastResponse])
  return responses.filter(({ writableFinished }) => !writableFinished).length
}
