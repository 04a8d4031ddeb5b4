/** HTTP octet by octet, from a chosen loopback address. */
import { Effect } from "effect"
import { connect, type Socket } from "node:net"

export interface Heard {
  /** Everything that was received. */
  readonly text: string
  readonly statuses: ReadonlyArray<number>
  /** The service closed the connection. */
  readonly closed: boolean
}

/** The nth loopback address: each is another caller. */
export const hostOf = (caller: number): string => `127.0.0.${caller}`

/** Opens a connection until the scope closes. */
export const open = (baseUrl: string, caller = 1) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect({
        port: Number(new URL(baseUrl).port),
        host: "127.0.0.1",
        localAddress: hostOf(caller)
      })
      socket.on("error", () => {})
      socket.once("connect", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Writes, and reads until the service closes the connection or `until` is satisfied. */
export const exchange = (
  baseUrl: string,
  octets: string | Buffer,
  { caller = 1, until = () => false, withinMs = 20_000 }: {
    readonly caller?: number
    readonly until?: (text: string) => boolean
    readonly withinMs?: number
  } = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const socket = yield* open(baseUrl, caller)
    return yield* Effect.callback<Heard>((resume) => {
      let text = ""
      const end = (closed: boolean) =>
        resume(Effect.succeed({
          text,
          statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])),
          closed
        }))
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1")
        if (until(text)) end(false)
      })
      socket.once("close", () => end(true))
      socket.write(octets)
    }).pipe(Effect.timeout(withinMs))
  }))

export const postOf = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: posh\r\nContent-Type: application/json\r\n${more}` +
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
