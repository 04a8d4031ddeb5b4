/**
 * What each signal does to the real process. NOT CHECKED: the real-time signals, which Node.js cannot name, and those that
 * tell of a fault or cannot be caught.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { started, until } from "./processes.ts"

const goesOn: ReadonlyArray<NodeJS.Signals> = [
  "SIGHUP", // a terminal that closes, and the request to reload
  "SIGUSR1", // would open the debugger
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
  "SIGPWR",
  "SIGXFSZ",
  "SIGWINCH",
  "SIGURG",
  "SIGCHLD",
  "SIGCONT"
]
const stops: ReadonlyArray<NodeJS.Signals> = ["SIGTERM", "SIGINT", "SIGQUIT"]

const isLive = (port: number) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ ok }) => ok,
      () => false
    )
  )

const isOpen = (port: number) =>
  Effect.promise(() =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true))).on(
        "error",
        () => resolve(false)
      )
    })
  )

describe("a signal", () => {
  it.live("that asks for nothing, or for a reload, ends nothing, whatever is configured", () =>
    Effect.gen(function*() {
      const { child, ended, output, port } = yield* started({})
      const debuggerWasThere = yield* isOpen(9229)
      for (const signal of goesOn) {
        child.kill(signal)
        yield* Effect.sleep(30)
        assert.isTrue(yield* isLive(port), signal)
      }
      assert.strictEqual(yield* isOpen(9229), debuggerWasThere, "no debugger listens")
      assert.strictEqual(output.stderr, "")
      child.kill("SIGTERM")
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
    }).pipe(Effect.scoped))

  it.live(
    "that asks for the end ends it in order, and is named",
    () =>
      Effect.forEach(stops, (signal) =>
        Effect.gen(function*() {
          const { child, ended, output } = yield* started({})
          child.kill(signal)
          assert.strictEqual(yield* Effect.promise(() => ended), 0, signal)
          assert.include(output.stdout, `stopping (${signal})`)
          assert.match(output.stdout, /stopped after \d\.\d s"/)
        }).pipe(Effect.scoped), { concurrency: "unbounded" }),
    120_000
  )

  it.live("comes late: the line that says stopped counts what was cut", () =>
    Effect.gen(function*() {
      const { child, ended, output, port } = yield* started({})
      const sockets = [1, 2, 3].map(() => connect(port, "127.0.0.1").on("error", () => {}))
      for (const socket of sockets) {
        socket.write(
          "POST /v1/verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
      }
      yield* Effect.sleep(500)
      child.kill("SIGTERM")
      yield* until(() => output.stdout.includes("stopping (SIGTERM)"), 20_000)
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.match(output.stdout, /stopped after 1\d\.\d s, 3 requests cut"/)
      for (const socket of sockets) socket.destroy()
    }).pipe(Effect.scoped), 40_000)
})
