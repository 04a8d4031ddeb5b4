import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type AddressInfo, connect, type Socket } from "node:net"
import { createServer } from "node:tls"
import { followHandshakes } from "../../src/connections/handshakes.ts"

describe("handshakes in progress", () => {
  it.live(
    "are told apart where one port of a proxy leads to two addresses of this machine",
    () =>
      Effect.gen(function*() {
        const server = yield* Effect.acquireRelease(
          Effect.sync(() => createServer()),
          (server) => Effect.sync(() => server.close())
        )
        const { abort } = followHandshakes(server)
        yield* Effect.callback<void>((resume) => void server.listen(0, "0.0.0.0", () => resume(Effect.void)))
        const { port } = server.address() as AddressInfo
        const to = (host: string, localPort?: number) =>
          Effect.callback<Socket>((resume) => {
            const from = localPort === undefined ? {} : { localPort }
            const accepted = () => resume(Effect.succeed(socket))
            server.once("connection", accepted)
            const socket = connect({ host, port, localAddress: "127.0.0.1", ...from }).on("error", () => undefined)
          })
        const first = yield* to("127.0.0.1")
        const second = yield* to("127.0.0.2", first.localPort)
        const closed = Effect.forEach(
          [first, second],
          (socket) => Effect.callback<void>((resume) => void socket.resume().once("close", () => resume(Effect.void))),
          { concurrency: "unbounded" }
        )
        yield* Effect.all([closed, Effect.sync(abort)], { concurrency: "unbounded" }).pipe(Effect.timeout("2 seconds"))
      }).pipe(Effect.scoped),
    10_000
  )
})
