/** Child processes that never outlive the tests. */
import { Effect } from "effect"
import { spawn } from "node:child_process"

export interface Child {
  readonly pid: number
  readonly hasEnded: () => boolean
  readonly ended: Effect.Effect<void>
  /** Does nothing if the process has ended. */
  readonly signal: (name: NodeJS.Signals) => void
  /** The last few thousand characters of its output. */
  readonly output: () => string
}

/** Starts a program in `folder`. The caller ends it; if the caller's process dies first, a guard process does. */
export const startChild = (program: string, args: ReadonlyArray<string>, folder: string): Effect.Effect<Child> =>
  Effect.callback((resume) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
    const state = { ended: false, output: "" }
    const keep = (octets: Buffer) => {
      state.output = (state.output + octets.toString()).slice(-4_000)
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    child.once("error", (error) => resume(Effect.die(error)))
    if (child.pid === undefined) return
    const pid = child.pid
    const guard = startGuard(pid, folder)
    const ended = new Promise<void>((resolve) =>
      child.once("close", () => {
        guard.kill("SIGKILL")
        state.ended = true
        resolve()
      })
    )
    resume(Effect.succeed({
      pid,
      hasEnded: () => state.ended,
      ended: Effect.promise(() => ended),
      signal: (name) => void child.kill(name),
      output: () => state.output
    }))
  })

/**
 * A shell that waits for the end of its input. The input ends when this process or worker ends, even by SIGKILL, when
 * no finalizer runs. The shell has its own session, so that Ctrl-C does not end it first.
 */
const startGuard = (pid: number, folder: string) => {
  const guard = spawn("sh", ["-c", "read -r _; kill -9 \"$0\"; rm -rf \"$1\"", String(pid), folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"]
  })
  guard.unref()
  return guard
}
