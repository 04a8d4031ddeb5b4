/** A TCP listener that only counts: for proving that an address that must not be asked was not asked. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { createServer } from "node:net"
import { listen, LOOPBACK } from "./listen.ts"

export interface CountingListener {
  readonly address: string
  readonly port: number
  /** Connections accepted so far; each was closed at once. */
  readonly count: () => number
}

/** Port 0, the default, picks a free one; any address of 127.0.0.0/8 or `::1` can be counted. */
export const countingListener = (port = 0, address: string = LOOPBACK): Effect.Effect<
  CountingListener,
  never,
  Scope.Scope
> =>
  Effect.suspend(() => {
    const state = { count: 0 }
    const onConnection = () => {
      state.count += 1
    }
    const server = createServer((socket) => socket.destroy())
    return Effect.map(
      listen(server, { address, onConnection, port }),
      (bound) => ({ address, port: bound, count: () => state.count })
    )
  })
