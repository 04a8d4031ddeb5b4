/** What `secureConnect` makes of a connection: which options it refuses, what it asks, and what the peer cannot change later. */
import { assert, layer } from "@effect/vitest"
import { secureConnect } from "@posh/api/client/node"
import type { Certificate } from "@posh/testing"
import { Effect } from "effect"
import { once } from "node:events"
import { connect } from "node:net"
import type { TLSSocket } from "node:tls"
import { answering, type Client, codeOf, identity, read, unused } from "./peers.ts"
import { makePeer, World } from "./world.ts"

layer(World.layer, { excludeTestServices: true, timeout: 120_000 })("secureConnect, and the connection", (it) => {
  it.effect("refuses options that would make the check another one", () =>
    Effect.gen(function*() {
      const { alone } = yield* World
      const { port } = yield* makePeer(alone)
      for (
        const option of [
          { rejectUnauthorized: false },
          { checkServerIdentity: () => undefined },
          { session: Buffer.alloc(1) },
          { secureContext: {} },
          { pskCallback: () => null },
          { onread: {} },
          { ca: 1 }
        ]
      ) {
        assert.strictEqual(
          yield* codeOf({ port, host: "127.0.0.1", ...option }, unused),
          "InvalidOptions",
          JSON.stringify(option)
        )
      }
    }).pipe(Effect.scoped))

  it.effect("over a connection that is there already; destroys that as well", () =>
    Effect.gen(function*() {
      const { alone } = yield* World
      const { port } = yield* makePeer(alone)
      const open = Effect.promise(async () => {
        const socket = connect(port, "127.0.0.1")
        await once(socket, "connect")
        return socket
      })
      const good = yield* open
      const { socket } = yield* Effect.promise(() =>
        secureConnect({ socket: good }, { ...identity, client: answering({ valid: true }) })
      )
      assert.strictEqual(yield* read(socket, "greeting"), "greeting")
      socket.destroy()
      const bad = yield* open
      assert.strictEqual(yield* codeOf({ socket: bad }, answering({ valid: false })), "NotVerified")
      assert.isTrue(bad.destroyed)
      const refused = yield* open
      assert.strictEqual(yield* codeOf({ socket: refused, rejectUnauthorized: false }, unused), "InvalidOptions")
      assert.isTrue(refused.destroyed)
    }).pipe(Effect.scoped))

  it.effect("asks about the certificate of this connection, with its issuers, and under the name in A-labels", () =>
    Effect.gen(function*() {
      const { ca, hosting } = yield* World
      const chain: Pick<Certificate, "pem"> = { pem: hosting.pem + ca.pem }
      const names: Array<string> = []
      const { port } = yield* makePeer(hosting, {
        cert: chain.pem,
        SNICallback: (name, done) => {
          names.push(name)
          done(null)
        }
      })
      const questions: Array<unknown> = []
      const client: Client = {
        verify: (question, options) => {
          questions.push(question)
          return answering({ valid: false }).verify(question, options)
        }
      }
      const options = { prooftypes: ["posh", "pkix"] }
      yield* codeOf({ port, host: "127.0.0.1" }, client, { domain: "bücher.example", options })
      assert.deepStrictEqual(questions, [{
        ...identity,
        ...options,
        domain: "bücher.example",
        chain: [Buffer.from(hosting.der), Buffer.from(ca.der)]
      }])
      assert.deepStrictEqual(names, ["xn--bcher-kva.example"])
    }).pipe(Effect.scoped))

  it.effect("the peer cannot renegotiate, so its certificate stays the one that was verified", () =>
    Effect.gen(function*() {
      const { alone } = yield* World
      const secured = Promise.withResolvers<TLSSocket>()
      const { port } = yield* makePeer(alone, { maxVersion: "TLSv1.2", onSecure: secured.resolve })
      const { socket } = yield* Effect.promise(() =>
        secureConnect({ port, host: "127.0.0.1" }, { ...identity, client: answering({ valid: true }) })
      )
      const peer = yield* Effect.promise(() => secured.promise)
      let isDone = false
      const ended = Promise.race([
        new Promise<void>((resolve) =>
          peer.renegotiate({ requestCert: true, rejectUnauthorized: false }, (error) => {
            isDone = error === null
            resolve()
          })
        ),
        new Promise((resolve) => socket.on("error", resolve).on("close", resolve))
      ])
      socket.resume()
      yield* Effect.promise(() => ended)
      assert.isFalse(isDone)
      socket.destroy()
    }).pipe(Effect.scoped))

  it.effect("sessions are not resumed", () =>
    Effect.gen(function*() {
      const { alone } = yield* World
      let asked = 0
      const client: Client = {
        verify: (question, options) => {
          asked += 1
          return answering({ valid: true }).verify(question, options)
        }
      }
      const { port } = yield* makePeer(alone)
      for (let count = 0; count < 2; count += 1) {
        const { socket } = yield* Effect.promise(() =>
          secureConnect({ port, host: "127.0.0.1" }, { ...identity, client })
        )
        yield* read(socket, "greeting") // after it, the tickets of TLS 1.3 are there
        assert.isFalse(socket.isSessionReused())
        socket.destroy()
      }
      assert.strictEqual(asked, 2)
    }).pipe(Effect.scoped))
})
