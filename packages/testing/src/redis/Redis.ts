/**
 * A real `redis-server` on loopback that tests kill, pause and restart. The scope ends it in any state.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LOOPBACK } from "../listen.ts"
import { ensureInstalled } from "../tools.ts"
import { startChild } from "./children.ts"
import type { Child } from "./children.ts"
import { freePort } from "./ports.ts"
import { send } from "./resp.ts"
import type { Argument, RedisError, Reply } from "./resp.ts"
import { sleep, until } from "./waiting.ts"

export interface RedisOptions {
  /** Password of the default user. Without it and without `users` every client has all permissions. */
  readonly password?: string
  /** A name and its rules, as `ACL SETUSER` takes them: `app on >secret ~posh:* &* +@all`. `default off` is one too. */
  readonly users?: ReadonlyArray<string>
  /** Octets, or in the notation of Redis (`4mb`). Policy `noeviction`: a full server refuses writes. */
  readonly maxmemory?: number | string
  readonly maxclients?: number
  /** Number of databases; default 16. */
  readonly databases?: number
  /** PEM. The port then speaks TLS only. Clients need a certificate of the CA only with `clients`. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string; readonly clients?: "required" }
  /** Default false: nothing is persisted. */
  readonly appendonly?: boolean
}

export interface RedisServer {
  readonly port: number
  /** `redis:` or `rediss:` URL, with the password if there is one. */
  readonly url: string
  /** Path of a Unix socket that it listens at too. */
  readonly socket: string
  /** Of the current process, or the last one. */
  readonly pid: number
  /** Sends SIGKILL, and waits for the end of the process. */
  readonly kill: () => Effect.Effect<void>
  /** SIGSTOP: connections stay open, without replies. */
  readonly pause: () => Effect.Effect<void>
  /** SIGCONT. */
  readonly resume: () => Effect.Effect<void>
  /** Kills a running process, and starts a new one on the same port without data. In a cluster it keeps its node id. */
  readonly restart: () => Effect.Effect<void>
  /** Graceful shutdown: SIGTERM, and SIGKILL after a second. */
  readonly stop: () => Effect.Effect<void>
  /** As administrator over a Unix socket: TLS, ACLs and passwords do not apply, `maxclients` does. */
  readonly command: (...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisError>
}

/** Starts a server and waits until it replies. Installs `redis-server` if it is missing: see `ensureInstalled`. */
export const makeRedis = (options: RedisOptions = {}): Effect.Effect<RedisServer, never, Scope.Scope> =>
  makeServer({
    settings: (port, folder) => [...portSettings(port, folder, options.tls), ...settingsOf(options)],
    scheme: options.tls === undefined ? "redis" : "rediss",
    ...(options.password === undefined ? {} : { password: options.password })
  })

export interface ServerOptions {
  /** Lines of the configuration. */
  readonly settings: (port: number, folder: string) => ReadonlyArray<string>
  readonly args?: ReadonlyArray<string>
  readonly scheme?: "redis" | "rediss"
  readonly password?: string
}

/** Starts `redis-server` in any role: a server, a node of a cluster, a sentinel. */
export const makeServer = ({ args = [], password, scheme = "redis", settings }: ServerOptions) =>
  Effect.gen(function*() {
    yield* Effect.sync(() => ensureInstalled("redis-server", "--version"))
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-redis-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
    )
    const secret = randomBytes(16).toString("hex")
    const file = join(folder, "redis.conf")
    const control = join(folder, "control")
    const data = join(folder, "data")
    const state: { child?: Child } = {}

    const command = (...words: ReadonlyArray<Argument>) => send(control, [["AUTH", ADMINISTRATOR, secret], words])
    const signal = (name: NodeJS.Signals) => () => Effect.sync(() => state.child?.signal(name))
    const ended = Effect.suspend(() => state.child?.ended ?? Effect.void)
    const kill = () => Effect.andThen(signal("SIGKILL")(), ended)

    /** False if the port is in use. */
    const start = Effect.gen(function*() {
      rmSync(data, { recursive: true, force: true })
      mkdirSync(data)
      const child = yield* startChild("redis-server", [file, ...args], folder).pipe(
        Effect.tap((started) => Effect.sync(() => void (state.child = started))),
        Effect.uninterruptible
      )
      yield* until(
        "redis-server answers",
        Effect.map(command("PING"), (reply) => reply === "PONG").pipe(
          Effect.orElseSucceed(() => child.hasEnded())
        )
      )
      if (!child.hasEnded()) return true
      if (child.output().includes("Address already in use")) return false
      throw new Error(`redis-server has ended: ${child.output()}`)
    })

    const startSomewhere: Effect.Effect<number> = Effect.gen(function*() {
      const port = yield* freePort
      const lines = [...commonSettings(folder, secret), ...settings(port, folder)]
      writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 })
      return (yield* start) ? port : yield* startSomewhere
    })

    yield* Effect.addFinalizer(kill)
    const port = yield* startSomewhere
    const server: RedisServer = {
      port,
      url: `${scheme}://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}${LOOPBACK}:${port}`,
      socket: control,
      get pid() {
        return state.child?.pid ?? 0
      },
      command,
      kill,
      pause: signal("SIGSTOP"),
      resume: signal("SIGCONT"),
      restart: () => Effect.andThen(kill(), until(`port ${port} is free again`, start)),
      stop: () =>
        signal("SIGTERM")().pipe(
          Effect.andThen(signal("SIGCONT")()),
          Effect.andThen(Effect.race(ended, Effect.andThen(sleep(1_000), kill())))
        )
    }
    return server
  })

/** The user of `command`, besides those of the test. */
const ADMINISTRATOR = "posh-testing"

const quoted = (text: string) => JSON.stringify(text)

const commonSettings = (folder: string, secret: string): ReadonlyArray<string> => [
  `bind ${LOOPBACK}`,
  `dir ${quoted(join(folder, "data"))}`,
  `unixsocket ${quoted(join(folder, "control"))}`,
  "unixsocketperm 700",
  "daemonize no",
  "logfile \"\"",
  `user ${ADMINISTRATOR} on >${secret} ~* &* +@all`
]

/** Port and certificates. */
export const portSettings = (port: number, folder: string, tls?: RedisOptions["tls"]): ReadonlyArray<string> => {
  if (tls === undefined) return [`port ${port}`]
  const { ca, cert, clients, key } = tls
  const files = Object.entries({ ca, cert, key }).map(([name, pem]) => ({
    name,
    pem,
    path: join(folder, `${name}.pem`)
  }))
  for (const { path, pem } of files) writeFileSync(path, pem, { mode: 0o600 })
  return [
    "port 0",
    `tls-port ${port}`,
    `tls-auth-clients ${clients === "required" ? "yes" : "no"}`,
    ...files.map(({ name, path }) => `${TLS_FILES[name as keyof typeof TLS_FILES]} ${quoted(path)}`)
  ]
}

const TLS_FILES = { cert: "tls-cert-file", key: "tls-key-file", ca: "tls-ca-cert-file" } as const

const settingsOf = ({ appendonly = false, databases, maxclients, maxmemory, password, users = [] }: RedisOptions) => [
  "save \"\"",
  `appendonly ${appendonly ? "yes" : "no"}`,
  ...(maxmemory === undefined ? [] : [`maxmemory ${maxmemory}`]),
  ...(databases === undefined ? [] : [`databases ${databases}`]),
  ...(maxclients === undefined ? [] : [`maxclients ${maxclients}`]),
  ...(password === undefined ? [] : [`requirepass ${quoted(password)}`]),
  ...users.map((user) => `user ${user}`)
]
