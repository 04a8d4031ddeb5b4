/**
 * Starts the service as a process.
 */
import { serviceEntry } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type Server } from "node:net"

export const main = serviceEntry()

export interface Run {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

export const run = (env: Readonly<Record<string, string>>, args: ReadonlyArray<string> = []) =>
  Effect.acquireRelease(
    Effect.sync((): Run => {
      const child = spawn(process.execPath, [main, ...args], { env: { POSH_PORT: "0", POSH_GRPC_PORT: "off", ...env } })
      const output = { stdout: "", stderr: "" }
      child.stdout.on("data", (chunk) => output.stdout += String(chunk))
      child.stderr.on("data", (chunk) => output.stderr += String(chunk))
      return { child, output, ended: once(child, "close").then(([code, signal]) => code ?? signal) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

export const until = (condition: () => boolean, withinMs: number) =>
  Effect.suspend(() => Effect.sleep(condition() ? 0 : 20)).pipe(
    Effect.repeat({ until: condition }),
    Effect.timeoutOrElse({ duration: withinMs, orElse: () => Effect.die(new Error("timed out")) })
  )

export const started = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const service = yield* run(env)
    yield* until(() => service.output.stdout.includes("listening on"), 60_000)
    const [, port = ""] = /listening on https?:\/\/[^ "]*:(\d+)/.exec(service.output.stdout) ?? []
    return { ...service, port: Number(port) }
  })

/** Accepts connections and stays silent until it is released. */
export const silentOrigin = Effect.acquireRelease(
  Effect.callback<
    { readonly server: Server; readonly port: number; readonly reached: () => boolean; readonly letGo: () => void }
  >(
    (resume) => {
      let letGo = () => {}
      let reached = false
      const server = createServer((socket) => {
        reached = true
        socket.on("error", () => {})
        letGo = () => socket.destroy()
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ server, port, reached: () => reached, letGo: () => letGo() }))
      })
    }
  ),
  ({ letGo, server }) => Effect.sync(() => (letGo(), server.close()))
)
