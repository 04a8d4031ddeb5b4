import { assert, describe, it } from "@effect/vitest"
import { decode, encode } from "dns-packet"
import { Effect } from "effect"
import { createSocket } from "node:dgram"
import { connect } from "node:net"
import { makeUnbound } from "../src/index.ts"
import type { UnboundOptions } from "../src/index.ts"

const zones: UnboundOptions["zones"] = [
  { name: "example", records: "" },
  { name: "signed.example", records: "a A 192.0.2.1" },
  { name: "unsigned.example", denial: "unsigned", records: "a A 192.0.2.1" }
]

/** Is AD set in the answer? */
const isAuthentic = (port: number, name: string) =>
  Effect.callback<boolean>((resume) => {
    const socket = createSocket("udp4")
    socket.on("message", (octets) => resume(Effect.succeed(decode(octets).flag_ad)))
    socket.send(
      encode({ type: "query", id: 1, flags: 1 << 8 | 1 << 5, questions: [{ type: "A", name }] }),
      port,
      "127.0.0.1"
    )
    return Effect.sync(() => socket.close())
  })

const isListening = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

describe("makeUnbound", { timeout: 120_000 }, () => {
  it.live("validates what it serves", () =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* makeUnbound({ zones })
      assert.isTrue(yield* isAuthentic(port, "a.signed.example"))
      assert.isFalse(yield* isAuthentic(port, "a.unsigned.example"))
    })))

  it.live("ends with the scope, paused or not", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.gen(function*() {
        const unbound = yield* makeUnbound({ zones })
        yield* unbound.pause()
        return unbound.port
      }))
      assert.isFalse(yield* isListening(port))
    }))
})
