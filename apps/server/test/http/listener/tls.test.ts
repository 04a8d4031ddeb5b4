/**
 * The listener over TLS and mutual TLS: real handshakes, without the service.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { Agent, request } from "node:https"
import { connect as connectPlain } from "node:net"
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls"
import { certificateCaller, peerOf } from "../../../src/access/certificateCaller.ts"
import type { Tls } from "../../../src/access/Tls.ts"
import type { RequestHandler } from "../../../src/http/Exchange.ts"
import { makeListener } from "../../../src/http/listener/Listener.ts"
import type { Caller } from "../../../src/service/Caller.ts"
import { certificates, toTls, trust } from "../../access/world.ts"

/** A listener that answers every request and records the callers. */
const listening = (tls: Tls) =>
  Effect.gen(function*() {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const listener = yield* makeListener({ host: "127.0.0.1", port: 0, maxConnections: 100 }, tls)
    const met: Array<Caller | undefined> = []
    const serve = (handle: RequestHandler) => Effect.runSync(Scope.provide(listener.serve(handle), scope))
    serve(({ request, response }) => {
      met.push(callerAt(request, Date.now()))
      response.end("hello")
    })
    const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
    return { listener, met, serve, close, port: Number(new URL(listener.url).port) }
  })

/** The caller of the connection at that time. */
const callerAt = ({ socket }: IncomingMessage, now: number): Caller | undefined => {
  const peer = peerOf(socket)
  return peer === undefined ? undefined : certificateCaller(peer, now)
}

const identity = (
  name: "good" | "nameless" | "longNamed" | "expired" | "early" | "serverOnly" | "foreign" | "selfSigned"
) => ({
  cert: certificates[name].pem,
  key: certificates[name].keyPem
})

/** Status, or the code of the error. */
const ask = (port: number, options: object = {}): Promise<number | string> =>
  new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path: "/", agent: false, ...trust, ...options }, (response: IncomingMessage) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0))
    }).on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end()
  })

const open = (port: number, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connect({ host: "127.0.0.1", port, ...trust, ...options })
  return once(socket, "secureConnect").then(() => socket)
}

const withTls = (tls: Tls, use: (running: Effect.Success<ReturnType<typeof listening>>) => Promise<unknown>) =>
  Effect.flatMap(listening(tls), (running) => Effect.promise(() => use(running))).pipe(Effect.scoped)

describe("TLS", () => {
  const rows: ReadonlyArray<readonly [name: string, options: ConnectionOptions, outcome: number | RegExp]> = [
    ["1.3", { minVersion: "TLSv1.3" }, 200],
    ["1.2", { maxVersion: "TLSv1.2" }, 200],
    ["1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }, /^E/],
    ["1.2 without forward secrecy", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }, /^E/],
    ["with http/1.1", { ALPNProtocols: ["h2", "http/1.1"] }, 200],
    ["with h2 alone", { ALPNProtocols: ["h2"] }, /^E/],
    ["for a client that does not know our CA", { ca: certificates.strangeCa.pem }, /^UNABLE_TO_VERIFY|^E|SELF_SIGNED/]
  ]
  for (const [name, options, outcome] of rows) {
    it.live(`${name}: ${String(outcome)}`, () =>
      withTls(toTls("server"), ({ port }) =>
        ask(port, options).then((got) => {
          if (typeof outcome === "number") assert.strictEqual(got, outcome)
          else assert.match(String(got), outcome)
        })))
  }

  it.live("renegotiation closes the connection", () =>
    withTls(
      toTls("server"),
      ({ port }) =>
        open(port, { maxVersion: "TLSv1.2" }).then((socket) =>
          new Promise<unknown>((resolve) => {
            socket.on("error", resolve)
            socket.renegotiate({}, (error) => resolve(error))
          }).then((error) => {
            assert.instanceOf(error, Error)
            socket.destroy()
          })
        )
    ))

  it.live("plain HTTP is refused in plain HTTP, whatever it asks for, and other connections go on", () =>
    withTls(toTls("server"), ({ port }) => {
      const socket = connectPlain(port, "127.0.0.1", () => socket.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"))
      let received = ""
      socket.on("data", (chunk) => received += chunk.toString("latin1"))
      socket.on("error", () => {})
      return once(socket, "close").then(() => {
        assert.match(received, /^HTTP\/1\.1 400 .*"This port is for HTTPS; the request came without TLS\."/s)
        assert.strictEqual(received.split("HTTP/1.1 ").length, 2, "one response")
        return ask(port)
      }).then((got) => assert.strictEqual(got, 200))
    }))

  it.live.each<readonly [string, string, RegExp]>([
    ["no HTTP", "hello\r\n\r\n", /not valid HTTP/],
    ["a header without end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}`, /larger than 16384/]
  ])(
    "%s inside of TLS is answered with a problem",
    ([, octets, detail]) =>
      withTls(toTls("server"), ({ port }) =>
        open(port).then((socket) => {
          let received = ""
          socket.on("data", (chunk: Buffer) => received += chunk.toString())
          socket.write(octets)
          return once(socket, "close").then(() => {
            assert.match(received, /^HTTP\/1\.1 4(00|31) .*application\/problem\+json/s)
            assert.match(received, detail)
          })
        }))
  )

  it.live("a handshake times out after 10 s", () =>
    withTls(toTls("server"), ({ port }) => {
      const begun = performance.now()
      const mute = connectPlain(port, "127.0.0.1").on("error", () => {})
      return once(mute.resume(), "close").then(() => {
        assert.approximately(performance.now() - begun, 11_500, 2_500)
      })
    }))

  it.live("the drain waits neither for handshakes nor for idle connections", () =>
    withTls(toTls("server"), ({ close, port }) => {
      const mute = connectPlain(port, "127.0.0.1").on("error", () => {})
      const agent = new Agent({ keepAlive: true })
      return Promise.all([once(mute, "connect"), ask(port, { agent })]).then(() => {
        const begun = performance.now()
        return close().then(() => {
          assert.isBelow(performance.now() - begun, 8_000) // a handshake has ten seconds
          agent.destroy()
        })
      })
    }))

  it.live("new connections get the renewed certificate", () =>
    withTls(toTls("server"), ({ listener, port }) => {
      const fingerprintOf = (options: ConnectionOptions = {}) =>
        open(port, options).then((socket) => {
          const { fingerprint256 } = socket.getPeerCertificate()
          socket.destroy()
          return fingerprint256.replaceAll(":", "").toLowerCase()
        })
      const hexOf = (name: "server" | "renewed") => Buffer.from(certificates[name].cert.rawData).toString("hex")
      return Promise.all([sha256(hexOf("server")), sha256(hexOf("renewed"))]).then(([before, after]) =>
        fingerprintOf().then((first) => {
          assert.strictEqual(first, before)
          listener.renew(toTls("renewed"))
          return fingerprintOf()
        }).then((second) => assert.strictEqual(second, after))
      )
    }))
})

const sha256 = (hex: string): Promise<string> =>
  crypto.subtle.digest("SHA-256", Buffer.from(hex, "hex")).then((digest) => Buffer.from(digest).toString("hex"))

describe("mutual TLS", () => {
  const refused = /^E(PROTO|CONNRESET|PIPE|RR_SSL)/
  const rows: ReadonlyArray<readonly [name: string, options: ConnectionOptions, outcome: number | RegExp]> = [
    ["a certificate of the client CA", identity("good"), 200],
    ["the same with TLS 1.2", { ...identity("good"), maxVersion: "TLSv1.2" }, 200],
    ["no certificate", {}, refused],
    ["no certificate, with TLS 1.2", { maxVersion: "TLSv1.2" }, refused],
    ["one that has expired", identity("expired"), refused],
    ["one that is not valid yet", identity("early"), refused],
    ["one of another CA", identity("foreign"), refused],
    ["one that signed itself", identity("selfSigned"), refused],
    ["one for servers alone", identity("serverOnly"), refused]
  ]
  for (const [name, options, outcome] of rows) {
    it.live(`${name}: ${String(outcome)}`, () =>
      withTls(toTls("server", "fleetCa"), ({ met, port }) =>
        ask(port, options).then((got) => {
          if (typeof outcome === "number") return assert.strictEqual(got, outcome)
          assert.match(String(got), outcome)
          return assert.deepStrictEqual(met, [], "no request came through")
        })))
  }

  const names: ReadonlyArray<readonly ["good" | "nameless" | "longNamed", name: string]> = [
    ["good", "xmpp1.fleet.example"],
    ["nameless", "old \\u{202e}client"],
    ["longNamed", `${"a".repeat(60)}.bbb…`]
  ]
  for (const [client, name] of names) {
    it.live(`the caller is called ${name}`, () =>
      withTls(toTls("server", "fleetCa"), ({ met, port }) =>
        ask(port, identity(client)).then(() => {
          const [caller] = met
          assert.deepInclude(caller, { name, scope: "verify" })
          assert.match(caller?.account ?? "", /^certificate [0-9a-f]{64}$/)
        })))
  }

  it.live("the account is the public key", () =>
    withTls(
      toTls("server", "fleetCa"),
      ({ met, port }) =>
        [identity("good"), identity("good"), identity("nameless")].reduce(
          (before: Promise<unknown>, client) => before.then(() => ask(port, client)),
          Promise.resolve()
        ).then(() => {
          const [first, again, other] = met.map((caller) => caller?.account)
          assert.strictEqual(first, again)
          assert.notStrictEqual(first, other)
        })
    ))

  it.live("a certificate that expires during a connection names no caller", () =>
    withTls(toTls("server", "fleetCa"), ({ port, serve }) => {
      const later = Date.now() + 91 * 86_400_000
      const seen: Array<string | undefined> = []
      serve(({ request, response }) => {
        seen.push(callerAt(request, Date.now())?.name, callerAt(request, later)?.name)
        response.end()
      })
      return ask(port, identity("good")).then(() => assert.deepStrictEqual(seen, ["xmpp1.fleet.example", undefined]))
    }))

  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    it.live(`no session resumption without a check of the certificate (${maxVersion})`, () =>
      withTls(toTls("server", "fleetCa"), ({ port }) => {
        const options = { ...identity("good"), maxVersion }
        let session: Buffer | undefined
        return open(port, options).then((socket) => {
          socket.on("session", (offered: Buffer) => session = offered)
          socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
          return once(socket.resume(), "close").then(() => session ?? socket.getSession())
        }).then((offered) => open(port, { ...options, ...(offered === undefined ? {} : { session: offered }) })).then(
          (socket) => {
            assert.isFalse(socket.isSessionReused())
            socket.destroy()
          }
        )
      }))
  }

  it.live("after a change of the client CA, an old connection gets one more response and closes", () =>
    withTls(toTls("server", "fleetCa"), ({ listener, port }) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const options = { ...identity("good"), agent }
      return ask(port, options).then((first) => {
        listener.renew(toTls("server", "strangeCa"))
        return ask(port, options).then((last) =>
          ask(port, options).then((after) =>
            ask(port, identity("foreign")).then((other) => {
              assert.deepStrictEqual([first, last], [200, 200])
              assert.match(String(after), refused)
              assert.strictEqual(other, 200)
              agent.destroy()
            })
          )
        )
      })
    }))
})
