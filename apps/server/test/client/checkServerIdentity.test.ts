/** The synchronous check of names: a kept yes counts, and nothing else does. */
import { assert, layer } from "@effect/vitest"
import { createClient } from "@posh/api/client"
import { checkServerIdentity } from "@posh/api/client/node"
import type { Certificate } from "@posh/testing"
import { Effect } from "effect"
import { connect } from "node:tls"
import { Service } from "../service.ts"
import { layerDeployed, makePeer, World } from "./world.ts"

const identity = { domain: "hosted.example", service: "xmpp-server" } as const

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("checkServerIdentity", (it) => {
  /** How an ordinary connection ends that has the check. */
  const connectTo = Effect.fnUntraced(
    function*(certificate: Certificate, check: ReturnType<typeof checkServerIdentity>) {
      const { ca } = yield* World
      const { port } = yield* makePeer(certificate)
      return yield* Effect.callback<string>((resume) => {
        const socket = connect({ port, host: "127.0.0.1", ca: ca.pem, checkServerIdentity: check })
        socket.on("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code ?? error.message)))
        socket.on("secureConnect", () => {
          resume(Effect.succeed("connected"))
          socket.destroy()
        })
      })
    },
    Effect.scoped
  )

  it.effect("says no, until the client has a yes for this certificate, domain and service", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const { alone, hosting, named, stranger } = yield* World
      const client = createClient({ endpoints: [baseUrl] })
      const check = checkServerIdentity(client, identity)
      assert.strictEqual(yield* connectTo(named, check), "connected")
      assert.strictEqual(yield* connectTo(hosting, check), "ERR_TLS_CERT_ALTNAME_INVALID")

      for (const certificate of [hosting, stranger, alone]) {
        yield* Effect.promise(() => client.verify({ ...identity, certificate: certificate.der }))
      }
      assert.strictEqual(yield* connectTo(hosting, check), "connected")
      assert.strictEqual(yield* connectTo(stranger, check), "ERR_TLS_CERT_ALTNAME_INVALID")
      // Node.js does not come to names where the chain is not trusted.
      assert.strictEqual(yield* connectTo(alone, check), "DEPTH_ZERO_SELF_SIGNED_CERT")
      for (
        const other of [{ domain: "other.example" }, { service: "xmpp-client" }, {
          options: { nameCheck: "source" as const }
        }]
      ) {
        const check = checkServerIdentity(client, { ...identity, ...other })
        assert.strictEqual(yield* connectTo(hosting, check), "ERR_TLS_CERT_ALTNAME_INVALID")
      }
    }))

  it.effect("a yes that has ended is none, and what is no domain matches nothing", () =>
    Effect.gen(function*() {
      const { hosting } = yield* World
      const nothing = { recall: () => undefined }
      for (const domain of ["hosting.example/x", "hosting.example:1", ""]) {
        const check = checkServerIdentity(nothing, { ...identity, domain })
        assert.strictEqual(yield* connectTo(hosting, check), "the domain is no host name")
      }
      const check = checkServerIdentity(nothing, identity)
      assert.instanceOf(check("hosted.example", {} as never), Error)
    }))
})
