/** TCP listeners that send nothing: one counts connections, to prove that there were none; one never accepts. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { connect, createServer } from "node:net"
import { Worker } from "node:worker_threads"
import { listen, LOOPBACK } from "./listen.ts"

export interface CountingListener {
  readonly address: string
  readonly port: number
  /** Connections accepted so far; each is closed at once. */
  readonly count: () => number
}

/** Port 0, the default, picks a free one; the address may be any of 127.0.0.0/8, or `::1`. */
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

/**
 * Listens with a full backlog and never accepts: a connection to it neither succeeds nor fails. Returns the port; 0,
 * the default, picks a free one.
 */
export const unresponsiveListener = (port = 0, address: string = LOOPBACK): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function*() {
    const lock = new SharedArrayBuffer(4)
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => new Worker(listenAndBlock, { eval: true, workerData: { address, lock, port } })),
      (running) =>
        Effect.promise(() => {
          Atomics.store(new Int32Array(lock), 0, 1)
          Atomics.notify(new Int32Array(lock), 0)
          return running.terminate()
        })
    )
    const bound = yield* Effect.callback<number>((resume) =>
      void worker.once("message", (free: number) => resume(Effect.succeed(free)))
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => Array.from({ length: 8 }, () => connect(bound, address).on("error", () => undefined))),
      (sockets) => Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
    )
    yield* Effect.sleep(50)
    return bound
  })

const listenAndBlock = `
  const { parentPort, workerData: { address, lock, port } } = require("node:worker_threads")
  const server = require("node:net").createServer().listen({ host: address, port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(lock), 0, 0)
  })
`
