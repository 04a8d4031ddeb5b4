/** A domain that vouches for certificates of other names, the deployed service, and TLS servers that present certificates. */
import { Behave, type Certificate, fingerprintsDocument, issue, makeOrigins, rootCa, selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import type { AddressInfo, Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer, type TlsOptions, type TLSSocket } from "node:tls"
import { layerVerifier } from "../../src/App.ts"
import { readSettings } from "../../src/config/Config.ts"
import { toEgressOptions } from "../../src/config/policy.ts"
import { Service } from "../service.ts"

const path = "/.well-known/posh/xmpp-server.json"
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

const makeWorld = Effect.gen(function*() {
  const ca = yield* rootCa()
  const named = yield* issue(ca, { dnsNames: ["hosted.example"] })
  const hosting = yield* issue(ca, { dnsNames: ["hosting.example"] })
  const alone = yield* selfSigned({ dnsNames: ["hosting.example"] })
  const stranger = yield* issue(ca, { dnsNames: ["stranger.example"] })
  const expired = yield* issue(ca, { dnsNames: ["hosting.example"], notBefore: daysAgo(9), notAfter: daysAgo(1) })
  const document = fingerprintsDocument([hosting, alone, expired], { expires: 3_600 })
  const origins = yield* makeOrigins({ "hosted.example": { routes: { [path]: Behave.json(document) } } })
  return { alone, ca, expired, hosting, named, origins, stranger }
})

export class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/client/World") {
  static readonly layer = Layer.effect(World, makeWorld)
}

const makeFile = (content: string) =>
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  ).pipe(
    Effect.map((folder) => join(folder, "ca.pem")),
    Effect.tap((file) => Effect.promise(() => writeFile(file, content)))
  )

/** The service as it is deployed, and the world that it looks at. */
export const layerDeployedWith = (options: Parameters<typeof Service.layer>[1] = {}) =>
  Layer.unwrap(Effect.gen(function*() {
    const { origins } = yield* World
    const settings = Result.getOrThrow(readSettings({
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: yield* makeFile(origins.caPem)
    }))
    return Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), options)
  })).pipe(Layer.provideMerge(World.layer))

export const layerDeployed = layerDeployedWith()

/** A TLS server that greets, and repeats what it gets. */
export const makePeer = Effect.fnUntraced(function*(
  certificate: Certificate,
  { onSecure = () => undefined, ...options }: TlsOptions & { readonly onSecure?: (socket: TLSSocket) => void } = {}
) {
  const received: Array<string> = []
  const sockets = new Set<Socket>()
  const closed = Promise.withResolvers<void>()
  const server = createServer({ cert: certificate.pem, key: certificate.keyPem, ...options }, (socket) => {
    socket.on("error", () => undefined)
    socket.write("greeting")
    socket.on("data", (data) => {
      received.push(String(data))
      socket.write(`you said ${String(data)}`)
    })
    onSecure(socket)
  })
  server.on("connection", (socket: Socket) => {
    sockets.add(socket.on("error", () => undefined))
    socket.on("close", () => closed.resolve()) // the handshake of TLS 1.3 can end at the client alone
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  )
  const { port } = server.address() as AddressInfo
  return { port, received, closed: Effect.promise(() => closed.promise) }
})
