/**
 * A server of the Redis protocol that answers what a test says: proxies, and servers whose host names a test cannot give.
 * With TLS it notes the server names (SNI) that clients send.
 */
import { Effect } from "effect"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"

/** An array, a bulk string, a number, nil, an error (`-ERR …`), or a connection that is closed. */
export type FakeReply = null | number | string | ReadonlyArray<FakeReply> | { readonly close: true }

export type Answer = (words: ReadonlyArray<string>, port: number) => FakeReply

export interface FakeRedis {
  readonly port: number
  /** Commands, in upper case, without their arguments; the newest is the last. */
  readonly commands: ReadonlyArray<string>
  /** One for each connection; `undefined` where none was sent. */
  readonly serverNames: ReadonlyArray<string | undefined>
  readonly connections: () => number
}

interface FakeOptions {
  readonly tls?: { readonly cert: string; readonly key: string }
}

export const makeFakeRedis = (answer: Answer, { tls }: FakeOptions = {}) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<FakeRedis & { readonly server: Server }>((resume) => {
        const state = { port: 0, connections: 0 }
        const commands: Array<string> = []
        const serverNames: Array<string | undefined> = []
        const onConnection = (socket: Socket & { readonly servername?: string | false }) => {
          state.connections += 1
          if (tls !== undefined) serverNames.push(typeof socket.servername === "string" ? socket.servername : undefined)
          socket.on("error", () => undefined)
          socket.on("data", (octets) => {
            for (const words of commandsIn(String(octets))) {
              commands.push(words[0]?.toUpperCase() ?? "")
              const reply = answer(words, state.port)
              if (isClose(reply)) return void socket.destroy()
              socket.write(encoded(reply))
            }
          })
        }
        const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection)
        server.on("tlsClientError", () => undefined)
        server.listen(0, "127.0.0.1", () => {
          state.port = (server.address() as AddressInfo).port
          resume(Effect.succeed({
            server,
            port: state.port,
            commands,
            serverNames,
            connections: () => state.connections
          }))
        })
      }),
      ({ server }) => Effect.sync(() => server.close())
    ),
    (fake): FakeRedis => fake
  )

/** A server that knows what is needed to connect, and `more`. */
export const ordinary = (more: Answer): Answer => (words, port) => {
  const [command = "", channel = ""] = words
  if (/^HELLO$/i.test(command)) return "-ERR unknown command 'HELLO'"
  if (/^INFO$/i.test(command)) return "redis_version:7.0.15\r\nloading:0\r\nrole:master\r\n"
  if (/^PING$/i.test(command)) return "PONG"
  if (/^(AUTH|SELECT|CLIENT|QUIT)$/i.test(command)) return "OK"
  const reply = more(words, port)
  // The client library throws at any other reply, outside of what anybody could catch.
  return reply === null && /^SUBSCRIBE$/i.test(command) ? ["subscribe", channel, 1] : reply
}

// Every command arrives in one piece: they are short.
const commandsIn = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  text.split(/(?=\*\d+\r\n\$)/).map((command) =>
    command.split("\r\n").filter((_, index) => index > 0 && index % 2 === 0)
  )
    .filter((words) => words.length > 0)

const isClose = (reply: FakeReply): reply is { readonly close: true } =>
  typeof reply === "object" && reply !== null && !Array.isArray(reply)

const encoded = (reply: FakeReply): string => {
  if (reply === null || isClose(reply)) return "$-1\r\n"
  if (typeof reply === "number") return `:${reply}\r\n`
  if (typeof reply !== "string") return `*${reply.length}\r\n${reply.map(encoded).join("")}`
  return reply.startsWith("-") ? `${reply}\r\n` : `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`
}
