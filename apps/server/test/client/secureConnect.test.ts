/** `secureConnect` over real TLS: what it hands out is verified, and everything else is closed before a word was said. */
import { assert, layer } from "@effect/vitest"
import { createClient } from "@posh/api/client"
import { secureConnect, type SecureConnectCode, type SecureConnectError } from "@posh/api/client/node"
import { Effect } from "effect"
import { once } from "node:events"
import { createServer as createTcpServer } from "node:net"
import type { TLSSocket } from "node:tls"
import { Service } from "../service.ts"
import { answering, type Client, codeOf, identity, read, silent, unused } from "./peers.ts"
import { layerDeployed, makePeer, World } from "./world.ts"

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("secureConnect", (it) => {
  it.effect("does not ask where the ordinary check suffices", () =>
    Effect.gen(function*() {
      const { ca, named } = yield* World
      const { port } = yield* makePeer(named)
      const { answer, socket } = yield* Effect.promise(() =>
        secureConnect({ port, host: "127.0.0.1", ca: ca.pem }, { ...identity, client: unused })
      )
      assert.isUndefined(answer)
      assert.isTrue(socket.authorized)
      assert.strictEqual(yield* read(socket, "greeting"), "greeting")
      socket.destroy()
    }).pipe(Effect.scoped))

  for (const name of ["hosting", "alone"] as const) {
    it.effect(`asks, and hands the socket out with what came meanwhile: ${name}`, () =>
      Effect.gen(function*() {
        const world = yield* World
        const { baseUrl } = yield* Service
        const { port, received } = yield* makePeer(world[name])
        const client = createClient({ endpoints: [baseUrl] })
        const { answer, socket } = yield* Effect.promise(() =>
          secureConnect({ port, host: "127.0.0.1", ca: world.ca.pem }, { ...identity, client })
        )
        assert.deepInclude(answer, { valid: true, code: "Verified", domain: "hosted.example" })
        assert.isTrue(socket.authorized)
        assert.deepStrictEqual(received, [])
        socket.write("hello")
        const expected = "greetingyou said hello"
        assert.strictEqual(yield* read(socket, expected), expected)
        socket.destroy()
      }).pipe(Effect.scoped))
  }

  for (const [name, verdict] of [["stranger", "mismatch"], ["expired", "certificate-invalid"]] as const) {
    it.effect(`closes where the service says no: ${name}`, () =>
      Effect.gen(function*() {
        const world = yield* World
        const { baseUrl } = yield* Service
        const { closed, port, received } = yield* makePeer(world[name])
        const client = createClient({ endpoints: [baseUrl] })
        const error = yield* Effect.promise(() =>
          secureConnect({ port, host: "127.0.0.1", ca: world.ca.pem }, { ...identity, client }).then(
            () => assert.fail("it is connected"),
            (error: SecureConnectError) => error
          )
        )
        assert.deepStrictEqual([error.code, error.answer?.verdict], ["NotVerified", verdict])
        yield* closed
        assert.deepStrictEqual(received, [])
      }).pipe(Effect.scoped))
  }

  const rows: ReadonlyArray<readonly [name: string, client: Client, code: SecureConnectCode]> = [
    ["the service cannot be asked", createClient({ endpoints: ["http://127.0.0.1:1"], timeoutMs: 500 }), "NoAnswer"],
    ["the service says nothing", silent, "TimedOut"],
    ["the answer is no", answering({ valid: false }), "NotVerified"],
    ["the answer is something else than true", answering({ valid: "true" as never }), "NotVerified"],
    ["the client fails", { verify: () => Promise.reject(new Error("x")) }, "NoAnswer"],
    ["the client gives nothing", { verify: () => Promise.resolve(undefined as never) }, "ConnectFailed"]
  ]
  for (const [name, client, code] of rows) {
    it.effect(`closes where ${name}`, () =>
      Effect.gen(function*() {
        const { alone } = yield* World
        const { closed, port, received } = yield* makePeer(alone)
        assert.strictEqual(yield* codeOf({ port, host: "127.0.0.1" }, client, { timeoutMs: 1_000 }), code)
        yield* closed
        assert.deepStrictEqual(received, [])
      }).pipe(Effect.scoped))
  }

  it.effect("closes where the caller gives up: before, and during the question", () =>
    Effect.gen(function*() {
      const { alone } = yield* World
      const { closed, port } = yield* makePeer(alone)
      const options = { port, host: "127.0.0.1" }
      assert.strictEqual(yield* codeOf(options, unused, { signal: AbortSignal.abort() }), "Aborted")
      const controller = new AbortController()
      let wasAborted = false
      const client: Client = {
        verify: (_, { signal } = {}) => {
          signal?.addEventListener("abort", () => wasAborted = true)
          controller.abort()
          return new Promise(() => undefined)
        }
      }
      assert.strictEqual(yield* codeOf(options, client, { signal: controller.signal }), "Aborted")
      yield* closed
      assert.isTrue(wasAborted)
    }).pipe(Effect.scoped))

  for (
    const [how, close] of [
      ["in order", (socket: TLSSocket) => socket.end()],
      ["at once", (socket: TLSSocket) => socket.destroy()],
      [
        "with a reset",
        (socket: TLSSocket) =>
          (socket as unknown as { _parent?: { resetAndDestroy: () => void } })._parent?.resetAndDestroy() ??
            socket.destroy()
      ]
    ] as const
  ) {
    it.effect(`fails where the peer closes during the question, ${how}`, () =>
      Effect.gen(function*() {
        const { alone } = yield* World
        const ends = Promise.withResolvers<TLSSocket>()
        const { closed, port } = yield* makePeer(alone, { onSecure: ends.resolve })
        const client: Client = {
          verify: async (question, options) => {
            const peer = await ends.promise
            const gone = once(peer, how === "in order" ? "finish" : "close")
            close(peer)
            await gone
            await new Promise((resolve) => setTimeout(resolve, 50)) // it travels
            return answering({ valid: true }).verify(question, options)
          }
        }
        const code = yield* codeOf({ port, host: "127.0.0.1" }, client)
        // The greeting is still there to be read, so a connection that was closed in order afterwards is one.
        assert.include(how === "in order" ? ["Closed", "connected"] : ["Closed"], code)
        if (code === "Closed") yield* closed
      }).pipe(Effect.scoped))
  }

  it.effect("fails where there is no TLS, and where nobody listens", () =>
    Effect.gen(function*() {
      const server = createTcpServer((socket) => socket.on("error", () => undefined).end("no TLS"))
      yield* Effect.acquireRelease(Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")), () =>
        Effect.sync(() => server.close()))
      const { port } = server.address() as { port: number }
      assert.strictEqual(yield* codeOf({ port, host: "127.0.0.1" }, unused), "ConnectFailed")
      assert.strictEqual(yield* codeOf({ port: 1, host: "127.0.0.1" }, unused), "ConnectFailed")
    }).pipe(Effect.scoped))

  it.effect("a handshake that hangs ends in time", () =>
    Effect.gen(function*() {
      const server = createTcpServer((socket) => socket.on("error", () => undefined))
      yield* Effect.acquireRelease(Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")), () =>
        Effect.sync(() => server.close()))
      const { port } = server.address() as { port: number }
      assert.strictEqual(yield* codeOf({ port, host: "127.0.0.1" }, unused, { timeoutMs: 300 }), "TimedOut")
    }).pipe(Effect.scoped))
})
