/** A resolver that answers as a test wants, over UDP and TCP on one port, and HTTPS. */
import { type Answer, decode, type DecodedPacket, encode } from "dns-packet"
import { Effect, type Scope } from "effect"
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram"
import { createServer as createHttps, type ServerOptions } from "node:https"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"

export interface Datagram {
  readonly query: DecodedPacket
  readonly from: RemoteInfo
  readonly send: (octets: Uint8Array) => void
}

export interface Segment {
  readonly query: DecodedPacket
  readonly socket: Socket
  /** With the length before it. */
  readonly send: (octets: Uint8Array) => void
}

export interface FaultyResolver {
  readonly port: number
  readonly datagrams: ReadonlyArray<Datagram>
  readonly connections: ReadonlyArray<Socket>
}

/** An answer to a query: one address, and what a test changes. AD is not set unless it says so. */
export const answerTo = (
  { id = 0, questions = [] }: DecodedPacket,
  changes: { readonly flags?: number; readonly id?: number; readonly name?: string; readonly address?: string } = {}
): Uint8Array => {
  const [question] = questions
  const name = changes.name ?? question?.name ?? "."
  const data = changes.address ?? "192.0.2.1"
  const answers: Array<Answer> = question?.type === "A" ? [{ type: "A", name, ttl: 60, data }] : []
  return encode({
    type: "response",
    id: changes.id ?? id,
    flags: changes.flags ?? 0,
    questions: [{ type: question?.type ?? "A", name }],
    answers
  })
}

export const AD = 1 << 5
export const TC = 1 << 9

const closing = (server: Server, sockets: ReadonlyArray<Socket> = []) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })

/** Listens on loopback; without `onSegment` nobody listens at TCP. */
export const makeFaulty = (
  onDatagram: (datagram: Datagram) => void,
  onSegment?: (segment: Segment) => void
): Effect.Effect<FaultyResolver, never, Scope.Scope> =>
  Effect.gen(function*() {
    const datagrams: Array<Datagram> = []
    const connections: Array<Socket> = []
    const tcp = createServer((socket) => {
      connections.push(socket.on("error", () => undefined))
      const send = (message: Uint8Array) =>
        socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]))
      socket.on("data", (octets: Buffer) => {
        if (onSegment === undefined) return void socket.destroy()
        // Queries are small: each arrives in a segment with its length, or several do.
        for (let at = 0; at < octets.length; at += 2 + octets.readUInt16BE(at)) {
          onSegment({ query: decode(octets.subarray(at + 2, at + 2 + octets.readUInt16BE(at))), socket, send })
        }
      })
    })
    const { port, udp } = yield* Effect.acquireRelease(
      Effect.orDie(Effect.retry(bindBoth(tcp), { times: 20 })),
      (bound) => Effect.andThen(closing(tcp, connections), Effect.sync(() => bound.udp.close()))
    )
    udp.on("message", (octets, from) => {
      const send = (message: Uint8Array) => udp.send(message, from.port, from.address)
      const datagram = { query: decode(octets), from, send }
      datagrams.push(datagram)
      onDatagram(datagram)
    })
    return { port, datagrams, connections }
  })

/** One port for both. Each query of anybody takes a port of UDP, so the one of a TCP server may be in use. */
const bindBoth = (tcp: Server): Effect.Effect<{ readonly udp: UdpSocket; readonly port: number }, Error> =>
  Effect.callback((resume) => {
    const udp = createSocket("udp4")
    const fail = (error: Error) => {
      udp.close()
      resume(Effect.fail(error))
    }
    udp.bind(0, "127.0.0.1", () => {
      const { port } = udp.address()
      tcp.once("error", fail)
      tcp.listen(port, "127.0.0.1", () => {
        tcp.off("error", fail)
        resume(Effect.succeed({ udp, port }))
      })
    })
  })

const listen = (server: Server, sockets: ReadonlyArray<Socket>): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => closing(server, sockets)
  )

export interface HttpsAnswer {
  readonly status?: number
  readonly contentType?: string
  /** Seconds. */
  readonly age?: string
  readonly body: Uint8Array
}

/** HTTP/1.1 alone. */
export const makeFaultyHttps = (
  options: ServerOptions,
  answer: (query: DecodedPacket) => HttpsAnswer
): Effect.Effect<number, never, Scope.Scope> => {
  const sockets: Array<Socket> = []
  const server = createHttps(options, (request, response) => {
    const octets: Array<Buffer> = []
    request.on("data", (part: Buffer) => octets.push(part))
    request.on("end", () => {
      const { age, body, contentType = "application/dns-message", status = 200 } = answer(decode(Buffer.concat(octets)))
      response.writeHead(status, { "content-type": contentType, ...(age === undefined ? {} : { age }) }).end(body)
    })
  })
  server.on("connection", (socket: Socket) => sockets.push(socket.on("error", () => undefined)))
  return listen(server, sockets)
}
