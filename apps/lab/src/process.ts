/**
 * Starts the servers under measurement in separate processes, so that each has its own core and event loop.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

export type Command = readonly [program: string, ...args: ReadonlyArray<string>]

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A path that must answer 200 before the process counts as ready. Default: it is ready when it listens. */
  readonly ready?: string
  /** Opens an IPC channel, and receives the messages of the process. */
  readonly onMessage?: (message: unknown) => void
}

export interface Running {
  readonly pid: number
  readonly port: number
  /** Milliseconds from spawning the process to its first answer to `ready`, or to its listening line. */
  readonly readyMs: number
  /** Seconds of CPU time that the process has used so far. Linux only. */
  readonly cpuSeconds: () => number
  readonly isAlive: () => boolean
  /** Sends SIGTERM and waits for the exit. Does nothing if the process has exited. */
  readonly stop: () => Promise<void>
}

/** The command that runs a TypeScript program of this repository with Node.js. */
export const commandOf = (script: URL, ...flags: ReadonlyArray<string>): Command => [
  process.execPath,
  ...flags,
  fileURLToPath(script)
]

/** The process inherits only `PATH` of this environment. Its stdout is a pipe. */
export const launch = (
  [program, ...args]: Command,
  env: Readonly<Record<string, string>>,
  ...channels: ReadonlyArray<"ipc">
): ChildProcess =>
  spawn(program, args, {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit", ...channels]
  })

/** Starts a server that prints `listening on` and its address on stdout. */
export const start = async (
  command: Command,
  { env = {}, onMessage, ready }: StartOptions = {}
): Promise<Running> => {
  const started = performance.now()
  const child = onMessage === undefined
    ? launch(command, env)
    : launch(command, env, "ipc").on("message", onMessage)
  const port = await listeningPort(child)
  if (ready !== undefined) await answering(`http://127.0.0.1:${port}${ready}`)
  const readyMs = performance.now() - started
  const isAlive = () => child.exitCode === null && child.signalCode === null
  const pid = child.pid ?? 0
  return {
    pid,
    port,
    readyMs,
    cpuSeconds: () => cpuSecondsOf(pid),
    isAlive,
    stop: async () => {
      if (!isAlive()) return
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      await ended
    }
  }
}

/** CPU time of a process. Linux only. */
// proc(5): fields 14 and 15 are the ticks in user and kernel mode. The split skips the name, which may contain spaces.
export const cpuSecondsOf = (pid: number): number => {
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const fields = rest.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const ticksPerSecond = 100

const listeningPort = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let output = ""
    child.once("exit", (code) => reject(new Error(`exited with ${code} before it listened: ${output}`)))
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })

const answering = async (url: string): Promise<void> => {
  while (!(await fetch(url).then(({ ok }) => ok, () => false))) await sleep(5)
}
