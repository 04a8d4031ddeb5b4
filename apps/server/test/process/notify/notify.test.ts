/**
 * The service beside a real datagram socket, as systemd has one: what arrives there, and when.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled } from "@posh/testing"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { get } from "node:http"
import { makeFolder } from "../../access/world.ts"
import { started, until } from "../processes.ts"

/** Prints each datagram as a line of JSON. What comes with one (`BARRIER=1` brings a descriptor) is closed by being left. */
const receiver = `
import json, socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
print("[]", flush=True)
while True:
    print(json.dumps(ear.recv(65536).decode().split("\\n")), flush=True)
`

/** Stands where the service manager does. */
const makeServiceManager = Effect.gen(function*() {
  const socket = (yield* makeFolder)("notify")
  const output = { text: "" }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn("python3", ["-c", receiver, socket], { stdio: ["ignore", "pipe", "inherit"] })
      child.stdout.on("data", (chunk) => output.text += String(chunk))
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  yield* until(() => output.text.includes("\n"), 20_000)
  /** The reports so far, each with its fields; the barrier that follows each is left out. */
  const reports = (): ReadonlyArray<ReadonlyArray<string>> =>
    output.text.split("\n").slice(1, -1)
      .map((line): ReadonlyArray<string> => JSON.parse(line))
      .filter(([first]) => first !== "BARRIER=1")
  return { socket, reports }
})

const statusOf = (port: number, path: string) =>
  Effect.callback<number>((resume) => {
    get({ host: "127.0.0.1", port, path, agent: false }, ({ statusCode }) => resume(Effect.succeed(statusCode ?? 0)))
      .on("error", () => resume(Effect.succeed(0)))
  })

describe("the service under a service manager", () => {
  beforeAll(() => {
    ensureInstalled("systemd-notify", "--version", "systemd")
    ensureInstalled("python3", "--version")
  }, 300_000)

  it.live(
    "reports ready when it answers, then watchdog pings, then that it is stopping",
    () =>
      Effect.gen(function*() {
        const { reports, socket } = yield* makeServiceManager
        const { child, ended, output, port } = yield* started({
          NOTIFY_SOCKET: socket,
          WATCHDOG_USEC: "1000000",
          POSH_DRAIN_DELAY: "1s"
        })
        yield* until(() => reports().length > 0, 20_000)
        assert.strictEqual(yield* statusOf(port, "/health/ready"), 200)
        const status = `STATUS=ready, listening on http://127.0.0.1:${port}`
        assert.deepStrictEqual(reports()[0], ["READY=1", status])

        yield* until(() => reports().length >= 4, 20_000)
        assert.deepStrictEqual(reports().slice(1, 4), Array.from({ length: 3 }, () => ["WATCHDOG=1", status]))

        child.kill("SIGTERM")
        yield* until(() => reports().some(([first]) => first === "STOPPING=1"), 20_000)
        assert.strictEqual(yield* statusOf(port, "/health/ready"), 503, "and still answers")
        assert.strictEqual(yield* Effect.promise(() => ended), 0)
        const last = reports().at(-1)
        assert.deepStrictEqual(last, ["STOPPING=1", "STATUS=stopping"])
        assert.strictEqual(output.stderr, "")
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("sends no ping while its event loop is blocked", () =>
    Effect.gen(function*() {
      const { reports, socket } = yield* makeServiceManager
      const { child } = yield* started({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" })
      yield* until(() => reports().length >= 3, 20_000)
      child.kill("SIGSTOP")
      yield* Effect.sleep(300) // what is on its way arrives
      const before = reports().length
      yield* Effect.sleep(600)
      assert.strictEqual(reports().length, before)
      child.kill("SIGCONT")
      yield* until(() => reports().length > before, 20_000)
    }).pipe(Effect.scoped), 120_000)

  it.live("answers without its service manager, and logs that once", () =>
    Effect.gen(function*() {
      const { child, ended, output, port } = yield* started({
        NOTIFY_SOCKET: "/nowhere/notify",
        WATCHDOG_USEC: "100000"
      })
      yield* until(() => output.stdout.includes("NOTIFY_SOCKET"), 20_000)
      yield* Effect.sleep(500)
      assert.strictEqual(yield* statusOf(port, "/health/ready"), 200)
      assert.strictEqual(output.stdout.split("cannot report to the service manager").length, 2)
      child.kill("SIGTERM")
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
    }).pipe(Effect.scoped), 120_000)
})
