/** The TLS versions and cipher suites of the fetcher (POSH-RES-33). */
import { assert, describe, it } from "@effect/vitest"
import { issue, rootCa } from "@posh/testing"
import { Effect, Layer } from "effect"
import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from "node:tls"
import { HttpsFetcher } from "../../src/node/index.ts"
import { connectTo, outcome } from "./world.ts"

const host = "im.example"
const authority = Effect.cached(Effect.gen(function*() {
  const root = yield* rootCa()
  return { root, leaf: yield* issue(root, { dnsNames: [host] }) }
})).pipe(Effect.runSync)

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

const ask = (port: number, connectMs = 5_000) =>
  Effect.gen(function*() {
    const { root } = yield* authority
    const options = { userAgent: "posh-test", extraCa: root.pem, connectTo: connectTo(`:=127.0.0.1:${port}`) }
    return yield* Effect.provide(
      outcome({ host, limits: { connectMs } }),
      yield* Layer.build(HttpsFetcher.layer(options))
    )
  })

/** Responds to any request with the negotiated parameters. */
const answer = (socket: TLSSocket) =>
  socket.on("error", () => undefined).once("data", () => {
    const shown = Object.keys(socket.getPeerCertificate()).length > 0
    socket.end(`HTTP/1.0 200 OK\r\n\r\n${socket.getProtocol()} ${socket.alpnProtocol} ${shown ? "shown" : "none"}`)
  })

describe("a TLS server", () => {
  it.live.each<readonly [what: string, options: TlsOptions, expected: string]>([
    ["TLS 1.3 where both can", {}, "200 TLSv1.3 false none"],
    ["TLS 1.2", { maxVersion: "TLSv1.2" }, "200 TLSv1.2 false none"],
    ["HTTP/1.1 by ALPN", { ALPNProtocols: ["h2", "http/1.1"] }, "200 TLSv1.3 http/1.1 none"],
    ["HTTP/2 alone (POSH-RES-36)", { ALPNProtocols: ["h2"] }, "TlsHandshakeFailed"],
    [
      "no client certificate, even if asked (POSH-RES-40)",
      { requestCert: true, rejectUnauthorized: false },
      "200 TLSv1.3 false none"
    ],
    ["one that insists on it, TLS 1.2", { requestCert: true, maxVersion: "TLSv1.2" }, "TlsHandshakeFailed"],
    ["one that insists on it, TLS 1.3", { requestCert: true, minVersion: "TLSv1.3" }, "TlsHandshakeFailed"],
    ["CBC", { ciphers: "ECDHE-ECDSA-AES128-SHA256", maxVersion: "TLSv1.2" }, "TlsHandshakeFailed"],
    ["anonymous", { ciphers: "AECDH-AES128-SHA@SECLEVEL=0", maxVersion: "TLSv1.2" }, "TlsHandshakeFailed"],
    ["NULL", { ciphers: "ECDHE-ECDSA-NULL-SHA@SECLEVEL=0", maxVersion: "TLSv1.2" }, "TlsHandshakeFailed"],
    ["TLS 1.1", { ciphers: "DEFAULT@SECLEVEL=0", minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }, "TlsProtocolTooOld"]
  ])("%s", ([, options, expected]) =>
    Effect.gen(function*() {
      const { leaf } = yield* authority
      const server = createTlsServer({ cert: leaf.pem, key: leaf.keyPem, ...options }, answer)
      assert.strictEqual(yield* ask(yield* serve(server.on("tlsClientError", () => undefined))), expected)
    }))

  it.live("that closes right after the handshake", () =>
    Effect.gen(function*() {
      const { leaf } = yield* authority
      const server = createTlsServer({ cert: leaf.pem, key: leaf.keyPem }, (socket) => socket.destroy())
      assert.strictEqual(yield* ask(yield* serve(server)), "ConnectionReset")
    }))

  it.live("that speaks before it is asked", () =>
    Effect.gen(function*() {
      const { leaf } = yield* authority
      const server = createTlsServer({ cert: leaf.pem, key: leaf.keyPem }, (socket) => {
        socket.on("error", () => undefined).write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
      })
      assert.include(["200 {}", "ConnectionReset", "HttpProtocolError"], yield* ask(yield* serve(server)))
    }))
})

describe("a TCP server", () => {
  it.live.each<readonly [what: string, onConnection: (socket: Socket) => void, expected: string]>([
    ["closes", (socket) => void socket.end(), "ConnectionReset"],
    ["closes in the handshake", (socket) => void socket.once("data", () => socket.end()), "ConnectionReset"],
    ["resets", (socket) => void socket.resetAndDestroy(), "ConnectionReset"],
    ["sends a fatal alert", (socket) => void socket.end(Buffer.from("15030300020228", "hex")), "TlsHandshakeFailed"],
    [
      "sends the alert protocol_version",
      (socket) => void socket.end(Buffer.from("15030300020246", "hex")),
      "TlsProtocolTooOld"
    ],
    ["speaks SSH", (socket) => void socket.write("SSH-2.0-OpenSSH_9.9\r\n"), "TlsHandshakeFailed"],
    ["speaks XMPP", (socket) => void socket.write("<?xml version='1.0'?><stream:stream>"), "TlsHandshakeFailed"],
    ["dawdles in the handshake", (socket) => void socket.write(Buffer.from("160303", "hex")), "ConnectTimeout"]
  ])("%s", ([, onConnection, expected]) =>
    Effect.gen(function*() {
      const port = yield* serve(createServer(onConnection))
      assert.strictEqual(yield* ask(port, expected === "ConnectTimeout" ? 200 : 5_000), expected)
    }))
})
