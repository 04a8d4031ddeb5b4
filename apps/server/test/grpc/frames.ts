/**
 * HTTP/2 frame by frame (RFC 9113 §4.1), for callers that no library is.
 */
import { Effect } from "effect"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { trust } from "../access/world.ts"
import { Service } from "../service.ts"

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1")

export const kinds = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  unknown: 0x42
} as const

export const flags = { ack: 1, endStream: 1, endHeaders: 4 } as const

export const frame = (
  kind: keyof typeof kinds,
  stream = 0,
  payload: Uint8Array = Buffer.alloc(0),
  flag = 0
): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = kinds[kind]
  head[4] = flag
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const u32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** Fields as literals without indexing (RFC 7541 §6.2.2). */
export const block = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [Uint8Array.of(0), text(name), text(value)])
  )

/** Up to 126 octets. */
const text = (value: string): Buffer => Buffer.concat([Uint8Array.of(value.length), Buffer.from(value, "latin1")])

export const verifyBlock = block({
  ":method": "POST",
  ":scheme": "http",
  ":path": "/posh.v1.VerificationService/Verify",
  ":authority": "localhost",
  "content-type": "application/grpc"
})

/** A connection that has said hello, until the scope closes. `reads`: it takes what the service sends. */
export const openRaw = ({ hello = true, reads = true }: { readonly hello?: boolean; readonly reads?: boolean } = {}) =>
  Effect.gen(function*() {
    const { grpcUrl = "" } = yield* Service
    const { port, protocol } = new URL(grpcUrl)
    return yield* Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const begin = () => {
          if (hello) socket.write(Buffer.concat([preface, frame("settings")]))
          resume(Effect.succeed(socket))
        }
        const address = { port: Number(port), host: "127.0.0.1" }
        const socket: Socket = protocol === "http:"
          ? connect(address, begin)
          : connectTls({ ...address, ...trust, servername: "posh.example", ALPNProtocols: ["h2"] }, begin)
        socket.on("error", () => {})
        if (reads) socket.resume()
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
  })

/** Sends portions of frames until the service closes the connection; the number of portions, or -1 if it never did. */
export const flood = (socket: Socket, portion: (turn: number) => Buffer, most: number) =>
  Effect.callback<number>((resume) => {
    let turn = 0
    const end = () => resume(Effect.succeed(turn))
    socket.once("close", end)
    const send = () => {
      if (socket.destroyed) return
      if (turn >= most) return resume(Effect.succeed(-1))
      turn += 1
      socket.write(portion(turn), () => setTimeout(send, 1))
    }
    send()
  })
