/** A TLS server that greets, and repeats lines; or one with which TLS never begins. It remembers what it was told. */
import type { Certificate } from "@posh/testing"
import { Effect } from "effect"
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net"
import { createServer, type SecureVersion, type TLSSocket } from "node:tls"

export interface Peer {
  readonly port: number
  /** What of the application was received, octet for octet. */
  readonly heard: () => string
  /** The name that the client asked for (SNI). */
  readonly names: () => ReadonlyArray<string>
}

export const makePeer = Effect.fnUntraced(function*(
  certificate: Certificate | undefined,
  maxVersion: SecureVersion = "TLSv1.3"
) {
  const sockets = new Set<Socket>()
  const heard: Array<string> = []
  const names: Array<string> = []
  const server = certificate === undefined ? createTcpServer(() => undefined) : createServer(
    { cert: presented(certificate), key: certificate.keyPem, maxVersion },
    (socket: TLSSocket & { readonly servername?: unknown }) => {
      names.push(String(socket.servername)) // what the types of Node.js leave out
      socket.on("error", () => undefined)
      socket.write("greeting\n")
      socket.on("data", (data) => {
        heard.push(String(data))
        if (heard.join("").endsWith("\n")) socket.write(`you said ${heard.join("")}`)
      })
    }
  )
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)))
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
  return { port, heard: () => heard.join(""), names: () => names } satisfies Peer
})

/** The leaf and the intermediates, without the root. */
const presented = ({ issuers, pem }: Certificate): string =>
  [pem, ...issuers.slice(0, -1).map((issuer) => issuer.pem)].join("\n")
