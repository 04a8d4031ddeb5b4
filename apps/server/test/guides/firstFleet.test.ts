/**
 * The commands of docs/guides/first-fleet.md, in their order, as an operator would type them. Only the ports differ, and the
 * Internet: it is an origin on this machine.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import {
  Behave,
  commandsOf,
  ensureInstalled,
  fingerprintsDocument,
  freePort,
  isDocumented,
  issue,
  makeOrigins,
  rootCa
} from "@posh/testing"
import { Effect, Schedule } from "effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { makeFolder } from "../access/world.ts"
import { until } from "../process/processes.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const commands = commandsOf("docs/guides/first-fleet.md")
const ports = /\b(?:63|80|94)\d\d\b/g

const domain = "orchard.example"

/** Port in the guide → a free one. */
const freePorts: Effect.Effect<ReadonlyMap<string, string>> = Effect.suspend(() => {
  const named = [...new Set(commands.flatMap(({ script }) => [...script.matchAll(ports)].map(([port]) => port)))]
  return Effect.map(
    Effect.forEach(named, (port) => Effect.map(freePort, (free) => [port, String(free)] as const)),
    (found) => new Map(found)
  )
})

describe("the commands of the guide to a first fleet", () => {
  beforeAll(() => {
    ensureInstalled("curl", "--version")
    ensureInstalled("openssl", "version")
    ensureInstalled("redis-server", "--version")
  }, 300_000)

  it("are found", () => assert.isAtLeast(commands.length, 18))

  it.live("end in a working fleet", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      const conf = path("conf")
      const server = yield* Effect.flatMap(rootCa(), (ca) => issue(ca, { dnsNames: ["hosting.example"] }))
      const route = "/.well-known/posh/xmpp-server.json"
      const origins = yield* makeOrigins({
        [domain]: { routes: { [route]: Behave.json(fingerprintsDocument([server], { expires: 86_400 })) } }
      })
      mkdirSync(path("world"))
      writeFileSync(path("world/ca.pem"), origins.caPem)
      const given = yield* freePorts
      const env: NodeJS.ProcessEnv = {
        PATH: process.env["PATH"] ?? "",
        HOME: path("."),
        CONF: conf,
        DOMAIN: domain,
        DIGEST: createHash("sha256").update(server.der).digest("hex"),
        POSH_EXTRA_CA_FILE: path("world/ca.pem"),
        POSH_CONNECT_TO: origins.connectTo,
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        no_proxy: "*"
      }
      const replicas: Array<ChildProcess> = []
      yield* Effect.addFinalizer(() =>
        Effect.promise(async () => {
          for (const replica of replicas) await stop(replica)
          if (existsSync(`${conf}/redis.pid`)) {
            process.kill(Number(readFileSync(`${conf}/redis.pid`, "utf8")), "SIGTERM")
          }
        })
      )

      for (const { answer, script: written } of commands) {
        const script = written.replaceAll(ports, (port) => given.get(port) ?? port)
        if (script.includes("exec ")) {
          const output = { text: "" }
          const replica = spawn("sh", ["-eu", "-c", script], { cwd: root, env })
          replica.stdout.on("data", (chunk) => output.text += String(chunk))
          replica.stderr.on("data", (chunk) => output.text += String(chunk))
          replicas.push(replica)
          yield* until(() => output.text.includes("listening on"), 30_000)
          continue
        }
        // Not synchronously: the origin answers in this process.
        const run = Effect.promise(() => promisify(execFile)("sh", ["-eu", "-c", script], { cwd: root, env }))
        // On a busy machine Redis may be late, and a replica degraded for some seconds.
        const { stdout: output } = yield* script.includes("/health/ready")
          ? Effect.repeat(run, {
            until: ({ stdout }) => stdout.includes(`"ready"`),
            schedule: Schedule.spaced("1 second"),
            times: 30
          })
          : run
        env["KEY"] ??= /posh_[\w-]{43}/.exec(output)?.[0]
        if (answer?.kind === "text") assert.isTrue(isDocumented(output, answer.text), `${script}${output}`)
        if (answer?.kind === "json") {
          assert.deepInclude(JSON.parse(output), JSON.parse(answer.text), `${script}${output}`)
        }
      }
    }).pipe(Effect.scoped), 180_000)
})

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  await ended
}
