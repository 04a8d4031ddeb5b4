/**
 * Every TCP connection that Node.js tries to open in this thread, as Node itself tells: no code of ours is asked.
 */
import { Effect, type Scope } from "effect"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"

export interface Dial {
  readonly address: string
  readonly port: number
}

/** A list that grows with each attempt, from the address that the system call is given. */
export const watchDials: Effect.Effect<Array<Dial>, never, Scope.Scope> = Effect.suspend(() => {
  const dials: Array<Dial> = []
  const onSocket = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket }
    socket.on("connectionAttempt", (address, port) => dials.push({ address, port }))
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      subscribe("net.client.socket", onSocket)
      return dials
    }),
    () => Effect.sync(() => unsubscribe("net.client.socket", onSocket))
  )
})
