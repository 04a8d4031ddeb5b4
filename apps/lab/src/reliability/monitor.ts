/** Records writes to Redis by MONITOR, including those of expired entries, which Redis deletes at once. */
import type { RedisServer } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { connect } from "node:net"

export interface Monitor {
  /** The value of the last `SET` of each key. */
  readonly written: () => ReadonlyMap<string, Buffer>
}

/** Completes when Redis has confirmed MONITOR. */
export const monitor = (redis: RedisServer): Effect.Effect<Monitor, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ text: string; close: () => void }>((resume) => {
        const socket = connect(redis.port, "127.0.0.1", () => socket.write("MONITOR\r\n"))
        const state = { text: "", close: () => void socket.destroy() }
        socket.on("error", () => {})
        socket.on("data", (octets: Buffer) => {
          state.text += octets.toString("latin1")
          resume(Effect.succeed(state))
        })
      }),
      ({ close }) => Effect.sync(close)
    ),
    (state) => ({
      written: () =>
        new Map([...state.text.matchAll(commands)].map(([, key = "", value = ""]) => [key, unquoted(value)]))
    })
  )

/** Writes of scripts look the same. A line that is still incomplete is found by the next call. */
const commands = /"set" "([^"]+)" "((?:[^"\\]|\\.)*)"/gi

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\u0007", b: "\b" }

/** Reverses `sdscatrepr` of Redis. */
const unquoted = (text: string): Buffer =>
  Buffer.from(
    text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, other: string) =>
      hex === undefined ? escapes[other] ?? other : String.fromCharCode(parseInt(hex, 16))),
    "latin1"
  )
