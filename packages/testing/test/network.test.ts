import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"
import { makeNetwork } from "../src/index.ts"
import { listen } from "../src/listen.ts"
import { sleep, until } from "../src/redis/waiting.ts"

/** What a client sends and has got back, and whether it was told of an end. */
const makeClient = (port: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => connect(port, "127.0.0.1").on("error", () => undefined)),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) => {
      const heard = { text: "", closed: false }
      socket.on("data", (octets: Buffer) => heard.text += octets.toString())
      socket.on("close", () => heard.closed = true)
      return {
        socket,
        heard,
        hears: (text: string) => until(`it hears ${text}`, Effect.sync(() => heard.text === text))
      }
    }
  )

/** An echo behind a network. */
const makeWorld = Effect.gen(function*() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket)).pipe(socket)
  })
  const network = yield* makeNetwork(yield* listen(server))
  return { network, sockets, client: makeClient(network.port) }
})

describe("makeNetwork", () => {
  it.live("forwards, both ways, and ends", () =>
    Effect.gen(function*() {
      const { client, sockets } = yield* makeWorld
      const { hears, socket } = yield* client
      socket.write("one")
      yield* hears("one")
      socket.end()
      yield* until("the server is told", Effect.sync(() => sockets.size === 0))
    }))

  it.live("is a black hole for a while: nothing arrives, nobody is told, and then all arrives", () =>
    Effect.gen(function*() {
      const { client, network, sockets } = yield* makeWorld
      const old = yield* client
      old.socket.write("one")
      yield* old.hears("one")
      yield* network.freeze()
      const late = yield* client
      old.socket.write("two")
      late.socket.write("three")
      yield* sleep(200)
      assert.deepStrictEqual([old.heard, late.heard], [{ text: "one", closed: false }, { text: "", closed: false }])
      assert.strictEqual(sockets.size, 1)
      yield* network.thaw()
      yield* old.hears("onetwo")
      yield* late.hears("three")
    }))

  it.live("tells after a black hole that a client has gone", () =>
    Effect.gen(function*() {
      const { client, network, sockets } = yield* makeWorld
      const { hears, socket } = yield* client
      socket.write("one")
      yield* hears("one")
      yield* network.freeze()
      socket.destroy()
      yield* sleep(100)
      assert.strictEqual(sockets.size, 1)
      yield* network.thaw()
      yield* until("the server is told", Effect.sync(() => sockets.size === 0))
    }))

  it.live("leaves connections half-open: the server has none, the client has one that is silent", () =>
    Effect.gen(function*() {
      const { client, network, sockets } = yield* makeWorld
      const old = yield* client
      old.socket.write("one")
      yield* old.hears("one")
      yield* network.forget()
      old.socket.write("two")
      yield* until("the server is told", Effect.sync(() => sockets.size === 0))
      const fresh = yield* client
      fresh.socket.write("three")
      yield* fresh.hears("three")
      assert.deepStrictEqual(old.heard, { text: "one", closed: false })
    }))
})
