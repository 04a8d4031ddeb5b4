/**
 * The stages of a request: for every event of Node.js, the gate comes first, and the request is counted once.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { once } from "node:events"
import { connect } from "node:net"
import type { Exchange } from "../../src/http/Exchange.ts"
import { makeListener } from "../../src/http/listener/Listener.ts"
import { inOrder } from "../../src/http/serve.ts"

const settings = { host: "127.0.0.1", port: 0, maxConnections: 10 }

/** Everything that is received until the connection closes. */
const exchanged = (url: string, octets: string) =>
  Effect.promise(() => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(octets))
    let text = ""
    socket.on("data", (chunk) => text += String(chunk))
    return once(socket, "close").then(() => text)
  })

/** Stages that record their calls; a request is answered by the stage that it names. */
const noting = () => {
  const passed: Array<string> = []
  const stage = (name: string) => ({ request, response }: Exchange): boolean => {
    passed.push(name)
    if (request.headers["x-taken-by"] !== name) return false
    response.writeHead(200, { connection: "close" }).end(name)
    return true
  }
  const count = { atEnd: () => void passed.push("count"), atOnce: () => void passed.push("count at once") }
  const routes = (exchange: Exchange) => void stage("routes")(exchange)
  return { passed, handle: inOrder({ gate: stage("gate"), fastLane: stage("lane"), routes, count }) }
}

const line = "GET / HTTP/1.1\r\nConnection: close\r\n"
const host = "Host: x\r\n"

describe("a request", () => {
  const rows: ReadonlyArray<readonly [name: string, octets: string, status: number, passed: ReadonlyArray<string>]> = [
    ["without a host is refused", line, 400, ["count"]],
    ["is turned away by the gate", `${line}${host}X-Taken-By: gate\r\n`, 200, ["gate", "count"]],
    ["takes the fast lane, which counts it", `${line}${host}X-Taken-By: lane\r\n`, 200, ["gate", "lane"]],
    ["goes to the routes", `${line}${host}X-Taken-By: routes\r\n`, 200, ["gate", "lane", "count", "routes"]],
    [
      "that waits for leave to send its body is turned away",
      `${line}${host}Expect: 100-continue\r\nX-Taken-By: gate\r\n`,
      200,
      ["gate", "count"]
    ],
    [
      "that waits for leave goes to the routes, and has no leave yet",
      `${line}${host}Expect: 100-continue\r\nX-Taken-By: routes\r\n`,
      200,
      ["gate", "lane", "count", "routes"]
    ],
    [
      "that expects anything else is turned away",
      `${line}${host}Expect: 200-ok\r\nX-Taken-By: gate\r\n`,
      200,
      ["gate", "count"]
    ],
    [
      "that expects anything else never comes to the routes",
      `${line}${host}Expect: 200-ok\r\nX-Taken-By: routes\r\n`,
      417,
      ["gate", "lane", "count"]
    ],
    [
      "that offers another protocol is one like any other",
      `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nX-Taken-By: gate\r\n`,
      200,
      ["gate", "count"]
    ]
  ]
  for (const [name, octets, status, passed] of rows) {
    it.live(name, () =>
      Effect.gen(function*() {
        const listener = yield* makeListener(settings)
        const stages = noting()
        yield* listener.serve(stages.handle)
        assert.match(yield* exchanged(listener.url, `${octets}\r\n`), new RegExp(`^HTTP/1\\.1 ${status} `))
        assert.deepStrictEqual(stages.passed, passed)
      }).pipe(Effect.scoped))
  }

  it.live("in progress at shutdown is answered and its connection closes; later connections are refused", () =>
    Effect.gen(function*() {
      const serving = yield* Scope.make()
      const listener = yield* makeListener(settings)
      const held: Array<Exchange> = []
      yield* Scope.provide(listener.serve((exchange) => void held.push(exchange)), serving)
      const answer = yield* Effect.forkChild(exchanged(listener.url, `GET / HTTP/1.1\r\n${host}\r\n`))
      while (held.length === 0) yield* Effect.sleep(10)
      const stopped = yield* Effect.forkChild(Scope.close(serving, Exit.void))
      yield* Effect.sleep(50)
      assert.isUndefined(stopped.pollUnsafe(), "it waits")
      held[0]?.response.end("done")
      assert.match(yield* Fiber.join(answer), /done/)
      yield* Fiber.join(stopped)
      assert.strictEqual(
        yield* Effect.promise(() => fetch(listener.url).then(() => "answered", () => "no connection")),
        "no connection"
      )
    }).pipe(Effect.scoped))
})
