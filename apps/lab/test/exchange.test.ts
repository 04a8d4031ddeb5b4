/** One request to servers that answer, are silent, truncate the response, or close idle connections. */
import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { Agent, createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { exchange, type Reply } from "../src/exchange.ts"

const withServer = async (listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> => {
  const server = createServer(listener).listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const echo: RequestListener = (request, response) => {
  request.setEncoding("utf8")
  let body = ""
  request.on("data", (chunk: string) => body += chunk)
  request.on("end", () => response.end(`${request.method} ${request.headers["content-type"]} ${body}`))
}

const noAnswer = (message: string): Reply => ({ status: 0, body: message })

describe("exchange", () => {
  it("sends JSON, or no body", () =>
    withServer(echo, async (port) => {
      const path = "/"
      assert.deepStrictEqual(await exchange({ port, path }), { status: 200, body: "GET undefined " })
      assert.deepStrictEqual(await exchange({ port, path, method: "POST", body: "{\"a\":\"é\"}" }), {
        status: 200,
        body: "POST application/json {\"a\":\"é\"}"
      })
    }))

  it("has no response from a silent server, or after the signal", () =>
    withServer(() => {}, async (port) => {
      const stop = new AbortController()
      const stopped = exchange({ port, path: "/", signal: stop.signal })
      assert.deepStrictEqual(await exchange({ port, path: "/", patienceMs: 50 }), noAnswer("no answer"))
      stop.abort()
      assert.strictEqual((await stopped).status, 0)
    }))

  it("has no response if it is truncated", () =>
    withServer((_, response) => {
      response.writeHead(200, { "content-length": 10 }).write("half")
      setTimeout(() => response.destroy(), 20)
    }, async (port) => assert.deepStrictEqual(await exchange({ port, path: "/" }), noAnswer("aborted"))))

  /** Closes a connection at its second request. */
  const closing = (): RequestListener => {
    const seen = new WeakSet()
    return (request, response) => {
      if (seen.has(request.socket)) return void request.socket.destroy()
      seen.add(request.socket)
      response.end("ok")
    }
  }

  it.each<[string, boolean, number]>([
    ["is retried if a keep-alive connection was closed", true, 200],
    ["is not retried by default", false, 0]
  ])("%s", (_, retryStale, status) =>
    withServer(closing(), async (port) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      assert.strictEqual((await exchange({ agent, port, path: "/", retryStale })).status, 200)
      assert.strictEqual((await exchange({ agent, port, path: "/", retryStale })).status, status)
      agent.destroy()
    }))
})
