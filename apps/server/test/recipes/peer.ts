/** A TLS server that greets, and repeats lines; or something like it. It remembers what it was told. */
import type { Certificate } from "@posh/testing"
import { Effect } from "effect"
import { connect, createServer as createTcpServer, type Socket } from "node:net"
import { createServer, type SecureVersion, type TLSSocket } from "node:tls"
import { listen } from "./listen.ts"

export type Trick =
  /** Takes the connection, and says nothing. */
  | "silent"
  /** An octet of the first message of TLS now and then. */
  | "drips"
  /** Presents the certificate without having its key. Over TLS 1.2, where one can see the message that the key signs. */
  | "keyless"

export interface PeerOptions {
  readonly trick?: Trick
  /** The newest version of TLS. */
  readonly tls?: SecureVersion
}

export const makePeer = Effect.fnUntraced(function*(certificate: Certificate, { tls, trick }: PeerOptions) {
  const heard: Array<string> = []
  const names: Array<string> = []
  const honest = createServer(
    { cert: presented(certificate), key: certificate.keyPem, maxVersion: tls ?? "TLSv1.3" },
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
  const inner = yield* listen(honest)
  const port = trick === undefined ? inner : yield* listen(createTcpServer(tricks[trick](inner)))
  return {
    port,
    /** What of the application was received, octet for octet. */
    heard: () => heard.join(""),
    /** The names that clients asked for (SNI). */
    names: () => names
  }
})

const tricks: Readonly<Record<Trick, (inner: number) => (socket: Socket) => void>> = {
  silent: () => (socket) => void socket.on("data", () => undefined),
  drips: () => (socket) => {
    socket.on("data", () => undefined)
    socket.write(Buffer.from([22, 3, 3, 0x20, 0, 2, 0, 0x1f, 0xfc, 3, 3]))
    const timer = setInterval(() => socket.write("x"), 50)
    socket.on("close", () => clearInterval(timer))
  },
  keyless: (inner) => (socket) => {
    const behind = connect(inner, "127.0.0.1")
    behind.on("error", () => socket.destroy()).on("close", () => socket.destroy())
    socket.on("close", () => behind.destroy()).pipe(behind)
    let waiting = Buffer.alloc(0)
    behind.on("data", (data) => {
      waiting = Buffer.concat([waiting, data])
      for (let end = endOfRecord(waiting); end <= waiting.length; end = endOfRecord(waiting)) {
        const record = waiting.subarray(0, end)
        // ServerKeyExchange (RFC 5246 §7.4.3) ends with the signature.
        if (record[0] === 22 && record[5] === 12) record[end - 1] = (record[end - 1] ?? 0) ^ 1
        socket.write(record)
        waiting = waiting.subarray(end)
      }
    })
  }
}

const endOfRecord = (octets: Buffer): number => octets.length < 5 ? Infinity : 5 + octets.readUInt16BE(3)

/** The leaf and the intermediates, without the root. */
const presented = ({ issuers, pem }: Certificate): string =>
  [pem, ...issuers.slice(0, -1).map((issuer) => issuer.pem)].join("\n")
