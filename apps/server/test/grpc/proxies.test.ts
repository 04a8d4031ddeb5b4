/**
 * Callers behind trusted proxies: each has limits of its own, whichever way the proxy tells who it is.
 */
import { assert, describe, it } from "@effect/vitest"
import { parseNetworks } from "@posh/core/node"
import { Effect, Result } from "effect"
import type { OutgoingHttpHeaders } from "node:http2"
import { connect } from "node:net"
import { connect as connectTls } from "node:tls"
import { Callers } from "../../src/access/Callers.ts"
import { fleetKeys, trust } from "../access/world.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { headersOf, openSession, sessionTo, statusOf, verifyBody, verifyPath } from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })
const trustedProxies = Result.getOrThrow(parseNetworks("127.0.0.1/32"))
const limits = { callerRate: 1, trustedProxies }

const [ok, denied, exhausted] = ["0", "7", "8"]

const ask = (headers: OutgoingHttpHeaders = {}) =>
  Effect.flatMap(openSession(), (session) => statusOf(session, headersOf(verifyPath, headers), verifyBody()))

/** Uses up the ten seconds' worth of one question a second. */
const exhaust = <E, R>(asked: Effect.Effect<string, E, R>) =>
  Effect.repeat(asked, { until: (status) => status === exhausted })

describe("limits of callers without keys", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits }), { excludeTestServices: true })((it) => {
    it.effect.each<readonly [string, OutgoingHttpHeaders, OutgoingHttpHeaders]>([
      ["X-Forwarded-For", { "x-forwarded-for": "198.51.100.1" }, { "x-forwarded-for": "198.51.100.2" }],
      ["Forwarded", { forwarded: "for=\"198.51.100.3:80\"" }, { forwarded: "for=198.51.100.4" }],
      ["IPv6 by network", { "x-forwarded-for": "2001:db8::1" }, { "x-forwarded-for": "2001:db8:0:1::1" }]
    ])("are those of the client: %s", ([, one, other]) =>
      Effect.gen(function*() {
        yield* exhaust(ask(one))
        assert.strictEqual(yield* ask(other), ok)
      }))

    it.effect("are those of HTTP: both count together, and no client writes itself another address", () =>
      Effect.gen(function*() {
        const own = { "x-forwarded-for": "198.51.100.9" }
        yield* exhaust(ask(own))
        const http = yield* (yield* Service).ask("/v1/verify?domain=a.example&service=xmpp-server&sha-256=00", {
          headers: own
        })
        assert.strictEqual(http.status, 429)
        assert.strictEqual(yield* ask({ "x-forwarded-for": "198.51.100.8, 198.51.100.9" }), exhausted)
      }))
  })

  it.layer(Service.layer(verifier, { grpc: true, limits: { callerRate: 1 } }), { excludeTestServices: true })((it) => {
    it.effect("are those of the connection without trusted proxies", () =>
      Effect.gen(function*() {
        yield* exhaust(ask({ "x-forwarded-for": "198.51.100.1" }))
        assert.strictEqual(yield* ask({ "x-forwarded-for": "198.51.100.2" }), exhausted)
      }))
  })
})

const proxied = (last: number): Buffer => {
  const header = Buffer.from("0d0a0d0a000d0a515549540a2111000cc63364000a000001126701bb", "hex")
  header[19] = last
  return header
}

/** A call on a connection that begins with this. */
const askAfter = (preface: Buffer, headers: OutgoingHttpHeaders = {}) =>
  Effect.gen(function*() {
    const { grpcUrl = "" } = yield* Service
    const { port, protocol } = new URL(grpcUrl)
    const session = yield* sessionTo(grpcUrl, {
      createConnection: () => {
        const socket = connect(Number(port), "127.0.0.1").on("error", () => {})
        socket.write(preface)
        return protocol === "http:"
          ? socket
          : connectTls({ socket, servername: "posh.example", ALPNProtocols: ["h2"], ...trust }).on("error", () => {})
      }
    })
    const closed = Effect.callback<string>((resume) =>
      void session.once("close", () => resume(Effect.succeed("closed")))
    )
    return yield* Effect.raceFirst(statusOf(session, headersOf(verifyPath, headers), verifyBody()), closed)
  }).pipe(Effect.scoped)

describe.each([["h2c", {}], ["TLS", { tls: fleetKeys.serverTls }]] as const)("the PROXY protocol over %s", (_, tls) => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { ...limits, proxyProtocol: true }, ...tls }), {
    excludeTestServices: true
  })((it) => {
    it.effect("tells whose limits count", () =>
      Effect.gen(function*() {
        yield* exhaust(askAfter(proxied(1)))
        assert.strictEqual(yield* askAfter(proxied(2)), ok)
        assert.strictEqual(yield* askAfter(proxied(1)), exhausted)
      }))

    it.effect("is required of a trusted proxy", () =>
      Effect.gen(function*() {
        assert.match(yield* askAfter(Buffer.alloc(0)), /^(closed|reset)/)
      }))
  })

  const layer = Service.layer(verifier, {
    grpc: true,
    limits: { ...limits, proxyProtocol: true },
    callers: Callers.layerThisMachine,
    ...tls
  })
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("without keys, only this machine may ask", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* askAfter(proxied(1), { ":authority": "localhost" }), denied)
      }))
  })
})
