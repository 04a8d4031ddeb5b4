/**
 * `POSH_EGRESS_PROXY_FILE` changes while the service runs: from then on it fetches through the other proxy, with the other
 * password. Service, proxies and origin are real.
 */
import { assert, describe, it } from "@effect/vitest"
import { Behave, fingerprintsDocument, issue, makeOrigins, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import { makeFolder } from "../access/world.ts"
import { started, until } from "../process/processes.ts"

/** An HTTP proxy (RFC 9110 §9.3.6) for one user; its tunnels lead to one port of this machine. */
const startProxy = (toPort: number, credentials: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly tunnels: Array<string>; readonly stop: () => void }>((resume) => {
      const tunnels: Array<string> = []
      const sockets = new Set<Socket>()
      const expected = `Basic ${Buffer.from(credentials).toString("base64")}`
      const server = createServer().on("connect", (request, client: Socket) => {
        sockets.add(client.on("error", () => undefined))
        if (request.headers["proxy-authorization"] !== expected) {
          return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        }
        tunnels.push(request.url ?? "")
        const origin = connect(toPort, "127.0.0.1", () => {
          client.write("HTTP/1.1 200 Connection established\r\n\r\n")
          origin.pipe(client).pipe(origin)
        })
        origin.on("error", () => client.destroy())
        client.on("close", () => origin.destroy())
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const stop = () => {
          server.close()
          for (const socket of sockets) socket.destroy()
        }
        resume(Effect.succeed({ url: `http://${credentials}@127.0.0.1:${port}`, tunnels, stop }))
      })
    }),
    ({ stop }) => Effect.sync(stop)
  )

describe("the file with the egress proxy", () => {
  it.live(
    "moves the service to another proxy, and to another password, without a restart",
    () =>
      Effect.gen(function*() {
        const path = yield* makeFolder
        const server = yield* Effect.flatMap(rootCa(), (ca) => issue(ca, { dnsNames: ["hosting.example"] }))
        const digest = createHash("sha256").update(server.der).digest("hex")
        const document = Behave.json(fingerprintsDocument([server], { expires: 86_400 }))
        const origins = yield* makeOrigins()
        origins.setFallback((_, route) => route === "/.well-known/posh/xmpp-server.json" ? document : undefined)
        writeFileSync(path("ca.pem"), origins.caPem)
        const [first, second] = [
          yield* startProxy(origins.port, "posh:first"),
          yield* startProxy(origins.port, "posh:second")
        ]
        writeFileSync(path("proxy"), first.url, { mode: 0o600 })
        const { output, port } = yield* started({
          POSH_EGRESS_PROXY_FILE: path("proxy"),
          POSH_EXTRA_CA_FILE: path("ca.pem"),
          POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
        })
        const ask = (domain: string) =>
          Effect.promise(() =>
            fetch(`http://127.0.0.1:${port}/v1/verify?domain=${domain}&service=xmpp-server&sha-256=${digest}`, {
              headers: { accept: "text/plain" }
            }).then((response) => response.text())
          )
        const change = (url: string, times: number) =>
          Effect.andThen(
            Effect.sync(() => writeFileSync(path("proxy"), url)),
            until(() => output.stdout.split("POSH_EGRESS_PROXY_FILE: has a new value").length > times, 20_000)
          )

        assert.strictEqual(yield* ask("one.example"), "verified\n")
        assert.deepStrictEqual([first.tunnels, second.tunnels], [["one.example:443"], []])

        yield* change(second.url, 1)
        first.stop()
        assert.strictEqual(yield* ask("two.example"), "verified\n")
        assert.deepStrictEqual([first.tunnels, second.tunnels], [["one.example:443"], ["two.example:443"]])

        // A wrong password is no answer of the domain.
        yield* change(second.url.replace("second", "wrong"), 2)
        assert.strictEqual(yield* ask("three.example"), "indeterminate\n")
        yield* change(second.url, 3)
        assert.strictEqual(yield* ask("four.example"), "verified\n")
        assert.deepStrictEqual(second.tunnels, ["two.example:443", "four.example:443"])
      }).pipe(Effect.scoped),
    90_000
  )
})
