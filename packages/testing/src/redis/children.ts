/** Child processes that cannot outlive the tests, however these end. */
import { Effect } from "effect"
import { spawn } from "node:child_process"

export interface Child {
  readonly pid: number
  readonly hasEnded: () => boolean
  readonly ended: Effect.Effect<void>
  /** Nothing happens where it has ended. */
  readonly signal: (name: NodeJS.Signals) => void
  /** The last few thousand characters that it printed. */
  readonly output: () => string
}

/** Starts a program that works in `folder`. Who starts it ends it; where that fails, because our process is gone, a guard does. */
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
 * A shell that waits for the end of its input. That comes when this process or worker ends, by SIGKILL too, when no
 * finalizer runs. It has a session of its own, so that Ctrl-C does not end it first.
 */
const startGuard = (pid: number, folder: string) => {
  const guard = spawn("sh", ["-c", "read -r _; kill -9 \"$0\"; rm -rf \"$1\"", String(pid), folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"]
  })
  guard.unref()
  return guard
}
