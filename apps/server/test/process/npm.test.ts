/**
 * The documented commands: what ends npm ends whatever it started, in order, and nothing stays behind.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { connect } from "node:net"
import { fileURLToPath } from "node:url"
import { until } from "./processes.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

/** In a process group of its own, as a terminal would make it. */
const runNpm = (args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn("npm", args, {
        cwd: root,
        env: { ...process.env, POSH_PORT: "0", POSH_GRPC_PORT: "off" },
        detached: true
      })
      const output = { text: "" }
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.text += String(chunk))
      const group = -(child.pid ?? 0)
      return { group, pid: child.pid ?? 0, output, ended: once(child, "exit").then(([code, signal]) => code ?? signal) }
    }),
    ({ group }) => Effect.sync(() => signalled(group, "SIGKILL"))
  )

/** False if there is nobody to be signalled. */
const signalled = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

const isOpen = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resume(Effect.succeed(true))))
      .on("error", () => resume(Effect.succeed(false)))
  })

interface Row {
  readonly args: ReadonlyArray<string>
  readonly url: RegExp
  /** To npm alone, as a supervisor sends it, or to all, as a terminal does that closes. */
  readonly signal: readonly ["npm" | "all", NodeJS.Signals]
  readonly code: number | undefined
}

const rows: Readonly<Record<string, Row>> = {
  "SIGTERM to npm start": {
    args: ["start"],
    url: /listening on http:\/\/127\.0\.0\.1:(\d+)/,
    signal: ["npm", "SIGTERM"],
    code: 0
  },
  "SIGTERM to npm run demo -- --keep": {
    args: ["run", "demo", "--", "--keep"],
    url: /export POSH=http:\/\/127\.0\.0\.1:(\d+)/,
    signal: ["npm", "SIGTERM"],
    code: 0
  },
  "the end of the terminal of npm run demo -- --keep": {
    args: ["run", "demo", "--", "--keep"],
    url: /export POSH=http:\/\/127\.0\.0\.1:(\d+)/,
    signal: ["all", "SIGHUP"],
    code: undefined
  }
}

describe("npm", () => {
  for (const [name, { args, code, signal: [to, signal], url }] of Object.entries(rows)) {
    it.live(`${name} leaves no process and no port behind`, () =>
      Effect.gen(function*() {
        const { ended, group, output, pid } = yield* runNpm(args)
        yield* until(() => url.test(output.text), 60_000)
        const port = Number(url.exec(output.text)?.[1])
        assert.isTrue(yield* isOpen(port))
        signalled(to === "npm" ? pid : group, signal)
        const end = yield* Effect.promise(() => ended)
        if (code !== undefined) assert.strictEqual(end, code, output.text)
        yield* until(() => !signalled(group, 0), code === undefined ? 20_000 : 1_000)
        assert.isFalse(yield* isOpen(port))
        if (args[0] === "start") assert.include(output.text, "stopped after")
      }).pipe(Effect.scoped), 120_000)
  }
})
