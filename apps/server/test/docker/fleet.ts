/** `docker/haproxy.cfg` and replicas behind it, as processes. */
import { serviceEntry } from "@posh/testing"
import { Effect, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { World } from "../../demo/world.ts"

const main = serviceEntry()
const config = join(import.meta.dirname, "../../../../docker/haproxy.cfg")

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  /** SIGTERM, and the exit code. */
  readonly stop: Effect.Effect<number | null>
}

const run = (program: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Running => {
      const child = spawn(program, args, { env: { PATH: process.env["PATH"], ...env } })
      const state = { output: "" }
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => state.output += String(chunk))
      const ended = once(child, "close")
      return {
        child,
        output: () => state.output,
        stop: Effect.promise(() => {
          child.kill("SIGTERM")
          return ended.then(([code]) => code as number | null)
        })
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

export const until = (what: string, condition: () => boolean) =>
  Effect.sync(condition).pipe(
    Effect.repeat({ until: (holds) => holds, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOrElse({ duration: "60 seconds", orElse: () => Effect.die(new Error(`waited in vain: ${what}`)) })
  )

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-balancer-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The file as it is, but for the addresses. */
export const startBalancer = Effect.fnUntraced(
  function*(directory: string, port: number, replicas: ReadonlyArray<number>) {
    const file = join(directory, "haproxy.cfg")
    const text = replicas.reduce(
      (all, replica, index) => all.replace(`posh-${index + 1}:8080`, `127.0.0.1:${replica}`),
      readFileSync(config, "utf8").replace("bind :8080", `bind 127.0.0.1:${port}`)
    )
    writeFileSync(file, text)
    return yield* run("haproxy", ["-db", "-f", file])
  }
)

/** A replica for this world; it says when it listens. */
export const startReplica = Effect.fnUntraced(function*(world: World, directory: string, port: number, env = {}) {
  writeFileSync(join(directory, "ca.pem"), world.origins.caPem)
  const replica = yield* run(process.execPath, [main], {
    POSH_PORT: String(port),
    POSH_GRPC_PORT: "off",
    POSH_EXTRA_CA_FILE: join(directory, "ca.pem"),
    POSH_CONNECT_TO: world.origins.connectTo,
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_AUTH: "none", // the balancer asks by names of its own
    POSH_PROXY_PROTOCOL: "true",
    POSH_TRUSTED_PROXIES: "127.0.0.1/32",
    ...env
  })
  yield* until("a replica listens", () => replica.output().includes("listening on"))
  return replica
})
