import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { unresponsiveListener } from "../src/index.ts"

/** What has become of a connection after so long. */
const outcome = (port: number, afterMs: number) =>
  Effect.scoped(Effect.gen(function*() {
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => connect(port, "127.0.0.1")),
      (open) => Effect.sync(() => open.destroy())
    )
    return yield* Effect.callback<string>((resume) => {
      socket.once("connect", () => resume(Effect.succeed("accepted")))
      socket.once("error", (error) => resume(Effect.succeed(String(error))))
      setTimeout(() => resume(Effect.succeed("nothing")), afterMs)
    })
  }))

describe("unresponsiveListener", () => {
  it.live("neither accepts nor refuses", () =>
    Effect.gen(function*() {
      const port = yield* unresponsiveListener()
      assert.strictEqual(yield* outcome(port, 200), "nothing")
    }))
})
