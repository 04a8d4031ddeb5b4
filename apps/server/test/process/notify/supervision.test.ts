import { assert, describe, it } from "@effect/vitest"
import { parseSupervision } from "../../../src/process/notify/supervision.ts"

const socket = "/run/systemd/notify"

describe("what a service manager tells", () => {
  const rows: ReadonlyArray<
    readonly [name: string, env: Readonly<Record<string, string>>, expected: ReturnType<typeof parseSupervision>]
  > = [
    ["nothing: nobody waits for reports", {}, undefined],
    ["an empty socket is none", { NOTIFY_SOCKET: "" }, undefined],
    ["a watchdog without a socket has no ear", { WATCHDOG_USEC: "1000000" }, undefined],
    ["a socket alone", { NOTIFY_SOCKET: socket }, { socket, watchdogMs: undefined }],
    ["an abstract socket", { NOTIFY_SOCKET: "@posh" }, { socket: "@posh", watchdogMs: undefined }],
    ["a watchdog", { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30000000" }, { socket, watchdogMs: 30_000 }],
    [
      "a watchdog for this process",
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "2500", WATCHDOG_PID: "42" },
      { socket, watchdogMs: 2.5 }
    ],
    [
      "a watchdog for another process",
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "2500", WATCHDOG_PID: "43" },
      { socket, watchdogMs: undefined }
    ],
    ["no time at all", { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "0" }, { socket, watchdogMs: undefined }],
    ["no number", { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "30s" }, { socket, watchdogMs: undefined }],
    ["a negative number", { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "-1" }, { socket, watchdogMs: undefined }]
  ]
  it.each(rows)("%s", (_, env, expected) => assert.deepStrictEqual(parseSupervision(env, 42), expected))
})
