/**
 * Servers under measurement run in processes of their own, so that each has a core and an event loop to itself.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export interface Running {
  readonly port: number
  /** Milliseconds from spawning the process to its first answer to `/health/ready`, or to its listening line. */
  readonly readyMs: number
  /** Seconds of CPU that the process has taken so far; as Linux tells. */
  readonly cpuSeconds: () => number
  readonly stop: () => Promise<void>
}

/** Starts a TypeScript program of this repository; it says where it listens on stdout. */
export const start = async (script: string, env: Record<string, string> = {}, ready?: string): Promise<Running> => {
  const started = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const port = await listeningPort(child)
  if (ready !== undefined) await waitFor(`http://127.0.0.1:${port}${ready}`)
  const readyMs = performance.now() - started
  return {
    port,
    readyMs,
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve())
        child.kill("SIGTERM")
      })
  }
}

// proc(5): fields 14 and 15 are ticks in user and kernel mode, counted behind the name in brackets.
const cpuSecondsOf = (pid: number): number => {
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const fields = rest.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const ticksPerSecond = 100

/** Where a program says that it listens. */
export const listeningPort = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let output = ""
    child.once("exit", (code) => reject(new Error(`exited with ${code} before it listened: ${output}`)))
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })

const waitFor = async (url: string): Promise<void> => {
  while (!(await fetch(url).then(({ ok }) => ok, () => false))) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
