/**
 * Connections of callers are counted while they are open, and failed TLS handshakes by reason.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { connect as connectPlain } from "node:net"
import { connect, type ConnectionOptions } from "node:tls"
import { makeListener } from "../../src/http/listener/Listener.ts"
import { handshakeEndOf } from "../../src/telemetry/connections.ts"
import { makeMetrics, Metrics } from "../../src/telemetry/Metrics.ts"
import { certificates, toTls, trust } from "../access/world.ts"
import { until } from "./world.ts"

const identity = (name: "good" | "foreign" | "expired") => ({
  cert: certificates[name].pem,
  key: certificates[name].keyPem
})

const cases: ReadonlyArray<readonly [reason: string, of: string, connect: (port: number) => void]> = [
  ["http", "plain HTTP", (port) => {
    connectPlain(port, "127.0.0.1").on("error", () => undefined).write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  }],
  ["certificate", "no certificate", (port) => begin(port)],
  ["certificate", "a certificate of another CA", (port) => begin(port, identity("foreign"))],
  ["certificate", "an expired certificate", (port) => begin(port, identity("expired"))],
  [
    "protocol",
    "TLS 1.1",
    (port) => begin(port, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" })
  ],
  ["disconnected", "nothing", (port) => {
    const socket = connectPlain(port, "127.0.0.1", () => socket.destroy())
  }]
]

const begin = (port: number, options: ConnectionOptions = {}) => {
  const socket = connect({ host: "127.0.0.1", port, ...trust, ...options }).on("error", () => undefined).resume()
  socket.once("close", () => socket.destroy())
}

describe("connections", () => {
  it.live.each(cases)("%s is why the handshake failed: %s", ([reason, , start]) =>
    Effect.gen(function*() {
      const metrics = makeMetrics()
      const { url } = yield* makeListener(
        { host: "127.0.0.1", port: 0, maxConnections: 100 },
        toTls("server", "fleetCa")
      )
        .pipe(Effect.provideService(Metrics, metrics))
      const count = (of: string) => metrics.cell("posh_tls_handshake_failures_total", { reason: of }).value
      start(Number(new URL(url).port))
      yield* until(() => count(reason) > 0)
      assert.strictEqual(count(reason), 1)
      for (const other of cases) if (other[0] !== reason) assert.strictEqual(count(other[0]), 0, other[0])
    }).pipe(Effect.scoped))

  it.live("are counted while they are open, beside their limit", () =>
    Effect.gen(function*() {
      const metrics = makeMetrics()
      const { url } = yield* makeListener({ host: "127.0.0.1", port: 0, maxConnections: 100 }, toTls("server"))
        .pipe(Effect.provideService(Metrics, metrics))
      const open = () => metrics.cell("posh_connections_open").value
      const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), ...trust })
      yield* Effect.promise(() => once(socket, "secureConnect"))
      assert.strictEqual(open(), 1)
      assert.strictEqual(metrics.cell("posh_connections_limit").read?.(), 100)
      socket.destroy()
      yield* until(() => open() === 0)
    }).pipe(Effect.scoped))

  it("of an unknown code fail for another reason", () => {
    assert.strictEqual(handshakeEndOf("ERR_SSL_SOMETHING_NEW", false), "other")
    assert.strictEqual(handshakeEndOf(undefined, false), "other")
    assert.strictEqual(handshakeEndOf("ECONNRESET", true), "certificate")
  })
})
