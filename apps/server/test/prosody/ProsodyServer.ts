/** A real Prosody as a process: a configuration, its log, and commands for `mod_e2e_control`. */
import { ensureRuns, freePort } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { until } from "../process/processes.ts"
import { Control } from "./Control.ts"
import { toLua } from "./toLua.ts"

const folderOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const packages = ["prosody", "lua-unbound", "lua-sec"]

export interface Host {
  readonly name: string
  /** Paths of PEM files; default those of the server. */
  readonly ssl?: Readonly<Record<string, string>>
}

export interface ProsodyOptions {
  readonly hosts: ReadonlyArray<Host>
  /** Global settings, beside those that every server of these tests has. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Address and port of the DNS server. */
  readonly dns: string
  readonly port: number
}

export interface ProsodyServer {
  readonly control: Control
  /** All that it has logged up to now. */
  readonly log: Effect.Effect<string>
  readonly child: ChildProcess
}

/** Installs Debian's Prosody where there is none. */
export const ensureProsody = (): void => {
  ensureRuns("prosody", ["sh", "-c", "command -v prosody"], packages)
  ensureRuns("lua-unbound", ["lua5.4", "-e", "require 'lunbound'; require 'ssl'"], packages)
}

export const makeProsody = Effect.fnUntraced(function*({ dns, hosts, port, settings }: ProsodyOptions) {
  const folder = yield* makeFolder
  const controlPort = yield* freePort
  const config = [
    toLua({
      // Tests may run as root, in a container; nothing here needs it.
      run_as_root: true,
      daemonize: false,
      data_path: join(folder, "data"),
      plugin_paths: [folderOf("."), folderOf("../../../../packages/prosody")],
      log: { info: "*stdout" },
      network_backend: "epoll",
      storage: "memory",
      authentication: "internal_hashed",
      // With dialback, as Debian has it: a refused stream that stayed open could authenticate by it.
      modules_enabled: ["tls", "saslauth", "dialback", "ping", "s2s_auth_posh_verifier", "e2e_control"],
      modules_disabled: ["c2s", "offline", "presence", "message"],
      s2s_ports: [port],
      s2s_direct_tls_ports: [],
      s2s_interfaces: ["127.0.0.1"],
      s2s_secure_auth: true,
      s2s_require_encryption: true,
      use_ipv6: false,
      e2e_control_ports: [controlPort],
      e2e_control_interfaces: ["127.0.0.1"],
      unbound: { resolvconf: false, hoststxt: false, forward: dns, options: { "do-not-query-localhost:": "no" } },
      ...settings
    }),
    ...hosts.map(({ name, ssl }) => `VirtualHost "${name}"\n${ssl === undefined ? "" : toLua({ ssl })}`)
  ].join("\n")
  const file = join(folder, "prosody.cfg.lua")
  yield* Effect.promise(() => mkdir(join(folder, "data")))
  yield* Effect.promise(() => writeFile(file, config))
  const { child, log } = yield* spawned(file)
  const control = yield* Control.connect(controlPort, () => child.exitCode !== null ? log() : undefined)
  return { child, control, log: flushed(control, log) } satisfies ProsodyServer
})

/** The log comes through a pipe of its own, later than the answer to a command. */
const flushed = (control: Control, log: () => string): Effect.Effect<string> =>
  Effect.suspend(() => {
    const mark = randomUUID()
    return Effect.promise(() => control.say(mark)).pipe(
      Effect.andThen(until(() => log().includes(mark), 30_000)),
      Effect.andThen(Effect.sync(log))
    )
  })

const spawned = (file: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let text = ""
      const child = spawn("prosody", ["--config", file, "-F"], { stdio: ["ignore", "pipe", "pipe"] })
      child.stdout.on("data", (octets) => text += String(octets))
      child.stderr.on("data", (octets) => text += String(octets))
      return { child, log: () => text }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** A folder until the scope closes. */
export const makeFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-prosody-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)
