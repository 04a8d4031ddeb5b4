/** A real ejabberd with the module of the guide, as a process without a node name: its hosts, its log, and stanzas to send. */
import { commandsOf, ensureRuns, freePort } from "@posh/testing"
import { Effect, Schedule } from "effect"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)
const folderOfModule = fileURLToPath(new URL("../../../../../docs/guides/clients/ejabberd", import.meta.url))

/** As the guide says, but to another folder. */
const compile = async (folder: string): Promise<void> => {
  for (const { script } of commandsOf("docs/guides/clients/ejabberd.md")) {
    const elsewhere = script.replaceAll("/usr/local/lib/ejabberd/ebin", folder).replace("erlc ", "erlc -Werror ")
    await run("sh", ["-e", "-c", elsewhere], { cwd: folderOfModule })
  }
}

/** Where Debian has its modules. */
const findEbin = async (): Promise<string> => {
  for (const triple of await readdir("/usr/lib")) {
    for (const name of await readdir(join("/usr/lib", triple)).catch(() => [])) {
      if (/^ejabberd-\d/.test(name)) return join("/usr/lib", triple, name, "ebin")
    }
  }
  throw new Error("Debian's ejabberd has no modules below /usr/lib")
}

/** Its input ends with this process, even by SIGKILL, when no finalizer runs. */
const endsWithParent = "spawn(fun() -> eof = io:get_line(standard_io, []), erlang:halt() end)."

const argumentsOf = (
  { database, inetrc, paths }: {
    readonly paths: ReadonlyArray<string>
    readonly inetrc: string
    readonly database: string
  }
): ReadonlyArray<string> =>
  [
    ["-noshell", ...paths.flatMap((path) => ["-pa", path])],
    ["-kernel", "inetrc", `"${inetrc}"`],
    ["-mnesia", "dir", `"${database}"`],
    ["-s", "ejabberd", "-eval", endsWithParent]
  ].flat()

export interface EjabberdOptions {
  readonly hosts: Readonly<
    Record<string, { readonly modules: Readonly<Record<string, unknown>>; readonly s2s_access?: string }>
  >
  readonly caFile: string
  readonly certFile: string
  readonly dnsPort: number
}

export class EjabberdNode {
  readonly s2sPort: number
  readonly #apiPort: number
  readonly #logFile: string
  readonly #configFile: string
  readonly #configOf: (hosts: EjabberdOptions["hosts"]) => unknown

  private constructor(
    s2sPort: number,
    apiPort: number,
    folder: string,
    configOf: (hosts: EjabberdOptions["hosts"]) => unknown
  ) {
    this.s2sPort = s2sPort
    this.#apiPort = apiPort
    this.#logFile = join(folder, "ejabberd.log")
    this.#configFile = join(folder, "ejabberd.yml")
    this.#configOf = configOf
  }

  readonly log = (): string => readFileSync(this.#logFile, "utf8")

  /** Lines of the log that have all of `parts`. */
  readonly linesWith = (...parts: ReadonlyArray<string>): ReadonlyArray<string> =>
    this.log().split("\n").filter((line) => parts.every((part) => line.includes(part)))

  readonly sendMessage = (from: string, to: string): Promise<void> => {
    const stanza = `<message xmlns='jabber:client' from='a@${from}' to='b@${to}'><body>hello</body></message>`
    return this.#command("send_stanza", { from: `a@${from}`, to: `b@${to}`, stanza })
  }

  /** With other hosts, or other options of them. */
  readonly reload = async (hosts: EjabberdOptions["hosts"]): Promise<void> => {
    await writeFile(this.#configFile, JSON.stringify(this.#configOf(hosts)))
    return this.#command("reload_config", {})
  }

  readonly #command = (name: string, options: unknown): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(options)
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
      request(
        { host: "127.0.0.1", port: this.#apiPort, path: `/api/${name}`, method: "POST", headers },
        (response) => {
          response.resume()
          if (response.statusCode === 200) resolve()
          else reject(new Error(`ejabberd refuses ${name}: ${response.statusCode}`))
        }
      ).on("error", reject).end(body)
    })

  static readonly install = () => {
    ensureRuns("ejabberd", ["test", "-x", "/usr/sbin/ejabberdctl"], ["ejabberd"])
    ensureRuns("the compiler of Erlang", ["test", "-x", "/usr/bin/erlc"], ["erlang-base"])
  }

  /** Compiles the module, and gives the value of an expression without a running ejabberd. */
  static readonly evaluate = async (expression: string) => {
    const [ebin, folder] = [await findEbin(), await mkdtemp(join(tmpdir(), "posh-erlang-"))]
    await compile(folder)
    const print = `logger:set_primary_config(level, none), io:format("~p", [${expression}]), halt().`
    return run("erl", ["-noshell", "-pa", ebin, "-pa", folder, "-eval", print])
      .finally(() => rm(folder, { recursive: true, force: true }))
  }

  static readonly make = Effect.fnUntraced(function*({ caFile, certFile, dnsPort, hosts }: EjabberdOptions) {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "posh-ejabberd-"))),
      (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
    )
    const [s2sPort, apiPort] = [yield* freePort, yield* freePort]
    const path = (name: string) => join(folder, name)
    const ip = "127.0.0.1"
    const configOf = (served: EjabberdOptions["hosts"]) => ({
      hosts: Object.keys(served),
      host_config: served,
      loglevel: "info",
      acme: { auto: false },
      ca_file: caFile,
      certfiles: [certFile],
      s2s_use_starttls: "required",
      listen: [
        { port: s2sPort, ip, module: "ejabberd_s2s_in" },
        { port: apiPort, ip, module: "ejabberd_http", request_handlers: { "/api": "mod_http_api" } }
      ],
      api_permissions: {
        test: { from: ["mod_http_api"], who: [{ ip: "127.0.0.1/32" }], what: ["send_stanza", "reload_config"] }
      }
    })
    const node = new EjabberdNode(s2sPort, apiPort, folder, configOf)
    const ebin = yield* Effect.promise(async () => {
      const found = await findEbin()
      await compile(folder)
      await writeFile(path("ejabberd.yml"), JSON.stringify(configOf(hosts))) // JSON is YAML
      await writeFile(
        path("inetrc"),
        `{lookup,[dns]}.\n{resolv_conf,""}.\n{hosts_file,""}.\n{nameserver,{127,0,0,1},${dnsPort}}.\n`
      )
      return found
    })
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          "erl",
          argumentsOf({ paths: [ebin, folder], inetrc: path("inetrc"), database: path("database") }),
          {
            cwd: folder,
            stdio: ["pipe", "ignore", "ignore"],
            env: {
              ...process.env,
              EJABBERD_CONFIG_PATH: path("ejabberd.yml"),
              EJABBERD_LOG_PATH: path("ejabberd.log"),
              ERL_CRASH_DUMP: "/dev/null"
            }
          }
        )
      ),
      (child) =>
        Effect.promise(async () => {
          const ended = once(child, "exit")
          if (child.exitCode === null && child.kill("SIGKILL")) await ended
        })
    )
    yield* Effect.callback<void, Error>((resume) => {
      const socket = connect(s2sPort, ip, () => {
        socket.destroy()
        resume(Effect.void)
      })
      socket.on("error", (cause) => resume(Effect.fail(cause)))
    }).pipe(
      Effect.retry({ times: 1_200, schedule: Schedule.spaced("50 millis") }),
      Effect.catch((cause) => Effect.die(new Error(`ejabberd does not start: ${node.log()}`, { cause })))
    )
    return node
  })
}
