/**
 * The service as a process: what it prints, how it starts, how it ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { Agent, get } from "node:http"
import { connect, createServer, type Server } from "node:net"
import { join } from "node:path"

const main = join(import.meta.dirname, "../src/main.ts")

interface Run {
  readonly child: ChildProcess
  readonly output: { stdout: string; stderr: string }
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

const run = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync((): Run => {
      const child = spawn(process.execPath, [main], { env: { POSH_PORT: "0", ...env } })
      const output = { stdout: "", stderr: "" }
      child.stdout.on("data", (chunk) => output.stdout += String(chunk))
      child.stderr.on("data", (chunk) => output.stderr += String(chunk))
      return { child, output, ended: once(child, "close").then(([code, signal]) => code ?? signal) }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const until = (condition: () => boolean, withinMs: number) =>
  Effect.suspend(() => Effect.sleep(condition() ? 0 : 20)).pipe(
    Effect.repeat({ until: condition }),
    Effect.timeoutOrElse({ duration: withinMs, orElse: () => Effect.die(new Error("waited in vain")) })
  )

const started = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const service = yield* run(env)
    yield* until(() => service.output.stdout.includes("listening on"), 20_000)
    const [, port = ""] = /listening on http:\/\/[^ "]*:(\d+)/.exec(service.output.stdout) ?? []
    return { ...service, port: Number(port) }
  })

/** Accepts connections and says nothing until it is let go. */
const silentOrigin = Effect.acquireRelease(
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

interface Answered {
  readonly status: number
  readonly body: string
  readonly connection: string | undefined
}

const ask = (port: number, path: string, agent?: Agent): Promise<Answered> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let body = ""
      response.on("data", (chunk) => body += String(chunk))
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body, connection: response.headers.connection }))
    }).on("error", reject)
  })

const sha256 = "0".repeat(64)

describe("the process", () => {
  it.live("answers, and ends with 0 on SIGTERM when the request under way has its answer", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const { child, ended, output, port } = yield* started({
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        POSH_CONNECT_TO: `:443=127.0.0.1:${origin.port}`
      })
      assert.strictEqual((yield* Effect.promise(() => ask(port, "/health/ready"))).body, `{"status":"ready"}`)

      const agent = new Agent({ keepAlive: true })
      const answer = ask(port, `/v1/verify?domain=slow.example&service=xmpp-server&sha-256=${sha256}`, agent)
      yield* until(origin.reached, 5_000)
      const signalled = performance.now()
      child.kill("SIGTERM")
      yield* until(() => output.stdout.length > 0, 1_000)
      yield* Effect.sleep(200)
      const refused = yield* Effect.promise(() => ask(port, "/health/live").then(() => false, () => true))
      assert.isTrue(refused, "no new connections")

      origin.letGo()
      const { body, status } = yield* Effect.promise(() => answer)
      assert.strictEqual(status, 200)
      assert.include(body, "\"verdict\":\"indeterminate\"")
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.isBelow(performance.now() - signalled, 5_000, "an idle connection delays nothing")
      assert.strictEqual(output.stderr, "")
      agent.destroy()
    }).pipe(Effect.scoped))

  it.live("answers on for a while when it stops, says so, and sends callers elsewhere", () =>
    Effect.gen(function*() {
      const { child, ended, port } = yield* started({ POSH_DRAIN_DELAY: "1s" })
      const signalled = performance.now()
      child.kill("SIGTERM")
      const ready = yield* Effect.promise(() => ask(port, "/health/ready")).pipe(
        Effect.repeat({ until: ({ status }) => status === 503 }),
        Effect.timeout("900 millis")
      )
      assert.deepInclude(ready, { body: `{"status":"stopping"}`, connection: "close" })
      const question = `/v1/verify?domain=127.0.0.1&service=xmpp-server&sha-256=${sha256}`
      assert.deepInclude(yield* Effect.promise(() => ask(port, question)), { status: 400, connection: "close" })
      assert.strictEqual((yield* Effect.promise(() => ask(port, "/health/live"))).status, 200)
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.isAtLeast(performance.now() - signalled, 1_000)
    }).pipe(Effect.scoped))

  it.live("ends although a caller never finishes its request", () =>
    Effect.gen(function*() {
      const { child, ended, port } = yield* started({})
      const socket = connect(port, "127.0.0.1")
      socket.on("error", () => {})
      yield* Effect.promise(() => once(socket, "connect"))
      socket.write(
        "POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
      )
      yield* Effect.sleep(200)
      child.kill("SIGINT")
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      socket.destroy()
    }).pipe(Effect.scoped), 25_000)

  it.live("logs JSON where there is no terminal, and the URL at any level", () =>
    Effect.gen(function*() {
      const { output, port } = yield* started({ POSH_LOG_LEVEL: "error", POSH_PROT: "1" })
      const lines = output.stdout.trim().split("\n").map((line) => JSON.parse(line) as { readonly message: string })
      assert.deepStrictEqual(lines.map(({ message }) => message), [`listening on http://127.0.0.1:${port}`])
    }).pipe(Effect.scoped))

  it.live("warns of what looks like a variable and is none", () =>
    Effect.gen(function*() {
      const { output } = yield* started({ POSH_PROT: "1", POSH_LOG_FORMAT: "pretty" })
      assert.match(output.stdout, /WARN.*POSH_PROT .* did you mean POSH_PORT\?/)
    }).pipe(Effect.scoped))

  const refused: ReadonlyArray<readonly [name: string, env: Readonly<Record<string, string>>, line: RegExp]> = [
    ["a bad value", { POSH_PORT: "http" }, /^posh: POSH_PORT: must be a whole number from 0 to 65535\n$/],
    ["an open listener", { POSH_HOST: "0.0.0.0" }, /^posh: POSH_HOST: 0\.0\.0\.0 is not a loopback address.*\n$/],
    ["keys", { POSH_API_KEYS: "a:admin:00" }, /^posh: POSH_API_KEYS: keys are not supported yet.*\n$/],
    [
      "a file of roots that is not there",
      { POSH_EXTRA_CA_FILE: "/none.pem" },
      /^posh: POSH_EXTRA_CA_FILE: cannot read .*\n$/
    ],
    ["a file of roots that holds none", { POSH_EXTRA_CA_FILE: main }, /^posh: POSH_EXTRA_CA_FILE: .*\n$/],
    ["a malformed User-Agent", { POSH_USER_AGENT: "ä" }, /^posh: POSH_USER_AGENT: .*\n$/]
  ]
  for (const [name, env, line] of refused) {
    it.live(`${name} stops the start with 1 and one line`, () =>
      Effect.gen(function*() {
        const { ended, output } = yield* run(env)
        assert.strictEqual(yield* Effect.promise(() => ended), 1)
        assert.match(output.stderr, line)
        assert.strictEqual(output.stdout, "")
      }).pipe(Effect.scoped))
  }

  it.live("a port that is taken stops the start with 1 and one line", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const { ended, output } = yield* run({ POSH_PORT: String(origin.port) })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(
        output.stderr,
        /^posh: POSH_HOST, POSH_PORT: cannot listen on 127\.0\.0\.1:\d+ \(.*EADDRINUSE.*\)\n$/
      )
    }).pipe(Effect.scoped))
})
