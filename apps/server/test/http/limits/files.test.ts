import { assert, it } from "@effect/vitest"
import { serviceEntry } from "@posh/testing"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { exchange, open } from "./raw.ts"

const main = serviceEntry()

it.live("a low limit on open files lowers the limit on connections, with a warning", () =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn("sh", ["-c", `ulimit -n 776; exec "$0" "$1"`, process.execPath, main], {
          env: { POSH_PORT: "0", POSH_GRPC_PORT: "off" }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let output = ""
    child.stdout.on("data", (chunk) => output += String(chunk))
    yield* Effect.sleep("20 millis").pipe(
      Effect.repeat({ until: () => output.includes("listening on") }),
      Effect.timeout("20 seconds")
    )
    assert.match(output, /only 776 files may be open \(ulimit -n\), so there may be 8 connections instead of 16384/)
    const url = /listening on (http:\/\/[^ "]+)/.exec(output)?.[1] ?? ""
    for (let index = 0; index < 8; index += 1) yield* open(url, index + 2)
    assert.isTrue((yield* exchange(url, "", { caller: 20, withinMs: 5_000 })).closed)
  })))
