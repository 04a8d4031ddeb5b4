/** The two first flights of the TLS handshake, and what ends before an answer to the larger one (POSH-RES-94). */
import { assert, describe, it } from "@effect/vitest"
import { Behave, makeOrigins } from "@posh/testing"
import { Effect } from "effect"
import { connect, createServer, type Server, type Socket } from "node:net"
import { FetchError } from "../../src/fetch/Fetcher.ts"
import { connectTo, get, layerFetcher, outcome, type Question } from "./world.ts"

const host = "im.example"
const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(53)}.example`

const serve = (server: Server) => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket) => sockets.add(socket.on("error", () => undefined)))
  const listen = Effect.callback<number>((resume) =>
    void server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  )
  const close = Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })
  return Effect.acquireRelease(listen, () => close)
}

/** Two origins, of which one resets a large first flight, and a fetcher that gets to `port` or to them. */
const makeWorld = (port?: number) =>
  Effect.map(
    makeOrigins({
      [host]: { tls: { _tag: "ResetLargeHello" }, routes: { "/": Behave.json({}) } },
      "good.example": { routes: { "/": Behave.json({}) } },
      "expired.example": { tls: { _tag: "Expired" } }
    }),
    (origins) => ({
      origins,
      fetcher: layerFetcher(origins, {
        connectTo: connectTo(port === undefined ? origins.connectTo : `:=127.0.0.1:${port}`)
      })
    })
  )

const failure = (question: Question, fetcher: ReturnType<typeof layerFetcher>) =>
  Effect.map(Effect.flip(Effect.provide(get(question), fetcher)), (error) => {
    assert.instanceOf(error, FetchError)
    return error
  })

describe("the first flight of the handshake", () => {
  it.live.each<readonly [host: string, smallHello: boolean, outcome: string]>([
    [host, false, "ConnectionReset"],
    [host, true, "200 {}"],
    ["good.example", false, "200 {}"],
    ["good.example", true, "200 {}"],
    ["expired.example", true, "TlsCertificateExpired"]
  ])("%s, small: %s → %s", ([host, smallHello, expected]) =>
    Effect.gen(function*() {
      const { fetcher } = yield* makeWorld()
      assert.strictEqual(yield* Effect.provide(outcome({ host, smallHello }), fetcher), expected)
    }))

  it.live("fits into one TCP segment where it is small, for the longest name too, and has no key share of ML-KEM", () =>
    Effect.gen(function*() {
      const flights: Array<Buffer> = []
      const port = yield* serve(createServer((socket) =>
        void socket.once("data", (flight) => {
          flights.push(flight)
          socket.resetAndDestroy()
        })
      ))
      const { fetcher } = yield* makeWorld(port)
      for (const smallHello of [false, true]) {
        yield* failure({ host: longest, smallHello }, fetcher)
      }
      const [large, small] = flights
      const mlKem = Buffer.from("11ec", "hex") // X25519MLKEM768
      assert.isAbove(large?.length ?? 0, 1_460)
      assert.isTrue(large?.includes(mlKem))
      assert.isBelow(small?.length ?? 9_999, 1_000)
    }))

  it.live.each<readonly [what: string, onConnection: (socket: Socket) => void, helloReset: boolean | undefined]>([
    ["is reset", (socket) => void socket.once("data", () => socket.resetAndDestroy()), true],
    ["is closed", (socket) => void socket.once("data", () => socket.end()), true],
    ["is answered in part", (socket) => void socket.end(Buffer.from("160303", "hex")), undefined],
    ["is answered by an alert", (socket) => void socket.end(Buffer.from("15030300020228", "hex")), undefined],
    ["is answered by something else", (socket) => void socket.end("SSH-2.0-OpenSSH_9.9\r\n"), undefined],
    ["is not answered", (socket) => void socket.resume(), undefined]
  ])("%s", ([, onConnection, helloReset]) =>
    Effect.gen(function*() {
      const { fetcher } = yield* makeWorld(yield* serve(createServer(onConnection)))
      const error = yield* failure({ host, limits: { connectMs: 200 } }, fetcher)
      assert.strictEqual(error.helloReset, helloReset)
    }))

  it.live.each<readonly [what: string, behaviour: typeof Behave.hang]>([
    ["before an answer", Behave.resetAfterRequest],
    ["in the head", Behave.octets("HTTP/1.1 200 OK\r\n")]
  ])("is not at fault where the connection ends later: %s", ([, behaviour]) =>
    Effect.gen(function*() {
      const { fetcher, origins } = yield* makeWorld()
      origins.setRoute("good.example", "/", behaviour)
      const error = yield* failure({ host: "good.example" }, fetcher)
      assert.isUndefined(error.helloReset)
    }))

  it.live("is known through a tunnel too", () =>
    Effect.gen(function*() {
      const { origins } = yield* makeWorld()
      const target = Number(/im\.example:443=127\.0\.0\.1:(\d+)/.exec(origins.connectTo)?.[1])
      const port = yield* serve(createServer((client) =>
        void client.once("data", () => {
          client.write("HTTP/1.1 200 OK\r\n\r\n")
          const origin = connect(target, "127.0.0.1")
          origin.on("error", () => client.destroy()).pipe(client).pipe(origin)
        })
      ))
      const fetcher = layerFetcher(origins, { proxy: { host: "127.0.0.1", port } })
      const error = yield* failure({ host }, fetcher)
      assert.deepStrictEqual([error.code, error.helloReset], ["ConnectionReset", true])
      assert.strictEqual(yield* Effect.provide(outcome({ host, smallHello: true }), fetcher), "200 {}")
    }))
})
