/**
 * Servers under measurement run in processes of their own, so that each has a core and an event loop to itself.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Running {
  readonly port: number
  /** Milliseconds from spawning the process to its first answer to `/health/ready`, or to its listening line. */
  readonly readyMs: number
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
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve())
        child.kill("SIGTERM")
      })
  }
}

const listeningPort = (child: ChildProcess): Promise<number> =>
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
