/** The sockets that the client library is given. */
import { assert, describe, it } from "@effect/vitest"
import { countingListener } from "@posh/testing"
import { Effect } from "effect"
import type { Socket } from "node:net"
import { makeConnector } from "../../src/redis/connection/sockets.ts"

/** What the library calls of a connector, and reads. */
interface Connector {
  readonly connect: () => Promise<Socket>
  readonly disconnect: () => void
  readonly firstError?: Error
}

describe("a socket of the client library", () => {
  it.live("may report an error after another one, as TLS does: the first is kept, and none ends the process", () =>
    Effect.gen(function*() {
      const { address, port } = yield* countingListener()
      const Connector = makeConnector(undefined) as unknown as new(options: object) => Connector
      const connector = new Connector({ host: address, port, disconnectTimeout: 100 })
      const socket = yield* Effect.promise(() => connector.connect())
      socket.once("error", () => undefined) // as the library does
      for (const reason of ["first", "second"]) socket.emit("error", new Error(reason))
      assert.strictEqual(connector.firstError?.message, "first")
      connector.disconnect()
    }).pipe(Effect.scoped))
})
