/**
 * Long keep-alive through `docker/haproxy.cfg`: callers keep their connections for longer than the replica keeps those of the
 * balancer, or for less. No request is lost in either case.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled, freePort } from "@posh/testing"
import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"
import { makeWorld } from "../../demo/world.ts"
import { folder, startBalancer, startReplica, until } from "./fleet.ts"

/** Milliseconds from the replica to the balancer, which therefore learns late that a connection is closed. */
const latencyMs = 100

/** The network between balancer and replica. Counts the connections that carry questions; probes have others. */
const startNetwork = (to: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly seen: { connections: number }; readonly close: () => void }>(
      (resume) => {
        const seen = { connections: 0 }
        const sockets = new Set<Socket>()
        const server = createServer((socket) => {
          const onward = connect(to, "127.0.0.1")
          for (const one of [socket, onward]) sockets.add(one.on("error", () => undefined))
          let isCounted = false
          socket.on("data", (chunk) => {
            // As TCP does: the other end is gone.
            if (onward.readyState === "closed") return void socket.resetAndDestroy()
            onward.write(chunk)
            if (isCounted || !chunk.includes("/v1/verify")) return
            isCounted = true
            seen.connections += 1
          })
          onward.on("data", (chunk) => void setTimeout(() => socket.write(chunk), latencyMs))
          onward.on("close", () => void setTimeout(() => socket.destroy(), latencyMs))
          socket.on("close", () => onward.destroy())
        }).listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          const close = () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          }
          resume(Effect.succeed({ port, seen, close }))
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )

const callers = 32

const question = `GET /v1/verify?domain=nothing.example&service=xmpp-server&sha-256=${"0".repeat(64)} HTTP/1.1\r\n` +
  "Host: posh\r\nAccept: text/plain\r\n\r\n"

/** One that ignores the `Keep-Alive` of the answers, as many do: status and body of the answer on its only connection. */
const ask = (caller: Socket) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const end = (answer: string) => {
      caller.off("data", read).off("close", closed)
      resume(Effect.succeed(answer))
    }
    const closed = () => end(`closed ${text}`)
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const [head = "", body = ""] = text.split("\r\n\r\n")
      const [, length] = /^content-length: (\d+)/im.exec(head) ?? []
      if (body.length === Number(length)) end(`${head.slice(9, 12)} ${body.trim()}`)
    }
    caller.on("data", read).on("close", closed)
    if (caller.destroyed) return closed()
    caller.write(question)
  })

/** All of them ask, each after its pause. */
const askAll = (all: ReadonlyArray<Socket>, pauseMs: (caller: number) => number) =>
  Effect.forEach(all, (caller, index) => Effect.andThen(Effect.sleep(pauseMs(index)), ask(caller)), {
    concurrency: "unbounded"
  })

const start = (keepAlive: string) =>
  Effect.gen(function*() {
    const directory = yield* folder
    const world = yield* makeWorld()
    const [port, replica] = [yield* freePort, yield* freePort]
    const network = yield* startNetwork(replica)
    yield* startReplica(world, directory, replica, { POSH_KEEP_ALIVE: keepAlive })
    const balancer = yield* startBalancer(directory, port, [network.port, yield* freePort])
    yield* until("the replica is up", () => balancer.output().includes("Server replicas/posh-2 is DOWN"))
    const all = yield* Effect.acquireRelease(
      Effect.sync(() => Array.from({ length: callers }, () => connect(port, "127.0.0.1").on("error", () => undefined))),
      (sockets) => Effect.sync(() => sockets.forEach((socket) => socket.destroy()))
    )
    return { seen: network.seen, ask: (pauseMs: (caller: number) => number) => askAll(all, pauseMs) }
  })

const right = Array.from({ length: callers }, () => "200 no-material")

describe.concurrent("connections that the balancer keeps", () => {
  beforeAll(() => ensureInstalled("haproxy", "-v"), 300_000)

  it.live(
    "are made anew where the replica has closed them, at the moment of the next request too",
    () =>
      Effect.gen(function*() {
        const { ask, seen } = yield* start("1s")
        assert.deepStrictEqual(yield* ask(() => 0), right)
        for (let round = 0; round < 4; round += 1) {
          // Node.js closes a second after what is configured.
          assert.deepStrictEqual(yield* ask((caller) => 1_900 + caller * 8), right)
        }
        assert.isAtLeast(seen.connections, callers * 2)
      }).pipe(Effect.scoped),
    60_000
  )

  it.live("are used again where the replica keeps them longer than callers pause", () =>
    Effect.gen(function*() {
      const { ask, seen } = yield* start("65s")
      for (const pauseMs of [0, 0, 2_500, 2_500]) assert.deepStrictEqual(yield* ask(() => pauseMs), right)
      assert.isBelow(seen.connections, callers * 2)
    }).pipe(Effect.scoped), 120_000)
})
