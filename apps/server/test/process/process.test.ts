/**
 * The service as a process: output, start and shutdown.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { Agent, get } from "node:http"
import { connect } from "node:net"
import { productVersion } from "../../src/process/version.ts"
import { main, run, silentOrigin, started, until } from "./processes.ts"

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
  it.live("exits with 0 on SIGTERM after the request in progress is answered", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const { child, ended, output, port } = yield* started({
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        POSH_CONNECT_TO: `:443=127.0.0.1:${origin.port}`
      })
      assert.strictEqual((yield* Effect.promise(() => ask(port, "/health/ready"))).body, `{"status":"ready"}`)

      const agent = new Agent({ keepAlive: true })
      const answer = ask(port, `/v1/verify?domain=slow.example&service=xmpp-server&sha-256=${sha256}`, agent)
      yield* until(origin.reached, 20_000)
      const signalled = performance.now()
      child.kill("SIGTERM")
      yield* until(() => output.stdout.includes("stopping"), 20_000)
      yield* Effect.sleep(200)
      const refused = yield* Effect.promise(() => ask(port, "/health/live").then(() => false, () => true))
      assert.isTrue(refused, "no new connections")

      origin.letGo()
      const { body, status } = yield* Effect.promise(() => answer)
      assert.strictEqual(status, 200)
      assert.include(body, "\"verdict\":\"indeterminate\"")
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.isBelow(performance.now() - signalled, 20_000, "an idle connection, kept for 65 s, delays nothing")
      assert.strictEqual(output.stderr, "")
      agent.destroy()
    }).pipe(Effect.scoped))

  it.live("still answers during the drain delay, is not ready, and closes connections", () =>
    Effect.gen(function*() {
      const { child, ended, port } = yield* started({ POSH_DRAIN_DELAY: "3s" })
      const signalled = performance.now()
      child.kill("SIGTERM")
      const ready = yield* Effect.promise(() => ask(port, "/health/ready")).pipe(
        Effect.repeat({ until: ({ status }) => status === 503 }),
        Effect.timeout("2900 millis")
      )
      assert.deepInclude(ready, { body: `{"status":"stopping"}`, connection: "close" })
      const question = `/v1/verify?domain=127.0.0.1&service=xmpp-server&sha-256=${sha256}`
      assert.deepInclude(yield* Effect.promise(() => ask(port, question)), { status: 400, connection: "close" })
      assert.strictEqual((yield* Effect.promise(() => ask(port, "/health/live"))).status, 200)
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.isAtLeast(performance.now() - signalled, 3_000)
    }).pipe(Effect.scoped))

  it.live("exits even if a request is never completed", () =>
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
    }).pipe(Effect.scoped), 120_000)

  it.live("logs JSON without a terminal, and the URL at any level", () =>
    Effect.gen(function*() {
      const { output, port } = yield* started({ POSH_LOG_LEVEL: "error", POSH_PROT: "1" })
      const lines = output.stdout.trim().split("\n").map((line) => JSON.parse(line) as { readonly message: string })
      assert.deepStrictEqual(lines.map(({ message }) => message), [`listening on http://127.0.0.1:${port}`])
    }).pipe(Effect.scoped))

  it.live("warns of unknown variables", () =>
    Effect.gen(function*() {
      const { output } = yield* started({ POSH_PROT: "1", POSH_LOG_FORMAT: "pretty" })
      assert.match(output.stdout, /WARN.*POSH_PROT .* did you mean POSH_PORT\?/)
    }).pipe(Effect.scoped))

  it.live("tells at the start what it is and how it is set, and no secret", () =>
    Effect.gen(function*() {
      const { output } = yield* started({
        POSH_METRICS: "off",
        POSH_CACHE_SECRET: "s3cret".repeat(6),
        POSH_API_KEYS: `a:admin:${sha256}`
      })
      const [first = ""] = output.stdout.split("\n")
      const line: { readonly message: string; readonly annotations: object } = JSON.parse(first)
      assert.strictEqual(line.message, `starting posh ${productVersion} on Node.js ${process.versions.node}`)
      assert.deepStrictEqual(line.annotations, {
        settings: "POSH_PORT=0 POSH_GRPC_PORT=off POSH_API_KEYS=(secret) POSH_CACHE_SECRET=(secret) POSH_METRICS=off"
      })
      assert.notInclude(output.stdout, "s3cret")
      assert.notInclude(output.stdout, sha256)
    }).pipe(Effect.scoped))

  const refused: ReadonlyArray<readonly [name: string, env: Readonly<Record<string, string>>, line: RegExp]> = [
    ["a bad value", { POSH_PORT: "http" }, /^posh: POSH_PORT: must be a whole number from 0 to 65535\n$/],
    ["an open listener", { POSH_HOST: "0.0.0.0" }, /^posh: POSH_HOST: 0\.0\.0\.0 is not a loopback address.*\n$/],
    [
      "a key that is none",
      { POSH_API_KEYS: "a:admin:00" },
      /^posh: POSH_API_KEYS: entry 1: the last part must be .*\n$/
    ],
    [
      "keys beside their absence",
      { POSH_HOST: "0.0.0.0", POSH_AUTH: "none", POSH_API_KEYS: `a:admin:${sha256}` },
      /^posh: POSH_AUTH: none contradicts POSH_API_KEYS\n$/
    ],
    [
      "missing key and TLS files, both reported",
      { POSH_API_KEYS_FILE: "/none/keys", POSH_TLS_CERT_FILE: "/none/cert", POSH_TLS_KEY_FILE: "/none/key" },
      /^posh: POSH_API_KEYS_FILE: cannot read \/none\/keys .*; POSH_TLS_CERT_FILE: cannot read \/none\/cert .*\n$/
    ],
    [
      "a file of keys that holds something else",
      { POSH_API_KEYS_FILE: main },
      /^posh: POSH_API_KEYS_FILE: line 1: must be name:scope:sha256[^*]*\n$/
    ],
    [
      "a file of roots that is not there",
      { POSH_EXTRA_CA_FILE: "/none.pem" },
      /^posh: POSH_EXTRA_CA_FILE: cannot read .*\n$/
    ],
    ["a file without roots", { POSH_EXTRA_CA_FILE: main }, /^posh: POSH_EXTRA_CA_FILE: .*\n$/],
    ["a malformed User-Agent", { POSH_USER_AGENT: "ä" }, /^posh: POSH_USER_AGENT: .*\n$/]
  ]
  for (const [name, env, line] of refused) {
    it.live(`${name} stops the start with exit code 1 and one line`, () =>
      Effect.gen(function*() {
        const { ended, output } = yield* run(env)
        assert.strictEqual(yield* Effect.promise(() => ended), 1)
        assert.match(output.stderr, line)
        assert.strictEqual(output.stdout, "")
      }).pipe(Effect.scoped))
  }

  it.live("a port in use stops the start with exit code 1 and one line", () =>
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
