/** Runs a recipe as a process of its own, for one case. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { systemPath } from "./languages.ts"

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  readonly ended: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/** Of one run, before it is killed: on a busy machine, a virtual machine takes seconds to start. */
const patienceMs = 60_000

/** `command` has `"$@"` for the arguments. */
export const runRecipe = (
  { args, command, env, folder }: {
    readonly command: string
    readonly folder: string
    readonly args: ReadonlyArray<string>
    readonly env: Readonly<Record<string, string>>
  }
): Effect.Effect<Outcome> =>
  Effect.callback<Outcome>((resume) => {
    const begun = performance.now()
    const child = spawn("sh", ["-c", command, "recipe", ...args], {
      cwd: folder,
      detached: true, // so that what it starts can be ended with it
      env: { PATH: systemPath, LANG: "C.UTF-8", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const output = { stdout: "", stderr: "" }
    child.stdout.on("data", (chunk) => output.stdout += String(chunk))
    child.stderr.on("data", (chunk) => output.stderr += String(chunk))
    const kill = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL")
    }
    const timer = setTimeout(kill, patienceMs)
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      resume(Effect.succeed({ ended: code ?? signal, ...output, ms: performance.now() - begun }))
    })
    return Effect.sync(kill)
  })
