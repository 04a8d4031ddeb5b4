/**
 * The operations listener of a real process: who gets in beside mutual TLS, what is there, and that it goes last.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { writeFile } from "node:fs/promises"
import { type OutgoingHttpHeaders, request } from "node:http"
import { request as requestOverTls, type RequestOptions } from "node:https"
import { connect, type Socket } from "node:net"
import { certificates, makeFolder, trust } from "../access/world.ts"
import { run, silentOrigin, started, until } from "./processes.ts"

interface Got {
  readonly status: number
  readonly body: string
  readonly allow: string | undefined
}

interface Ask {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly tls?: RequestOptions
}

const ask = (port: number, path: string, { headers = {}, method = "GET", tls }: Ask = {}) =>
  Effect.callback<Got, string>((resume) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false as const }
    const outgoing = tls === undefined ? request(options) : requestOverTls({ ...options, ...tls })
    outgoing.on("response", (response) => {
      let body = ""
      response.on("data", (chunk) => body += String(chunk))
      response.on(
        "end",
        () => resume(Effect.succeed({ status: response.statusCode ?? 0, body, allow: response.headers.allow }))
      )
    })
    outgoing.on("error", ({ message }) => resume(Effect.fail(message))).end()
  })

/** The service, and the port of its operations listener. */
const startedWithOperations = (env: Readonly<Record<string, string>>) =>
  Effect.map(
    started({ POSH_OPS_PORT: "0", ...env }),
    (service) => ({
      ...service,
      ops: Number(/health and metrics on http:[^ "]*:(\d+)/.exec(service.output.stdout)?.[1])
    })
  )

const mutualTls = Effect.gen(function*() {
  const path = yield* makeFolder
  const files = { cert: certificates.server.pem, key: certificates.server.keyPem, ca: certificates.fleetCa.pem }
  for (const [name, text] of Object.entries(files)) yield* Effect.promise(() => writeFile(path(name), text))
  return {
    POSH_TLS_CERT_FILE: path("cert"),
    POSH_TLS_KEY_FILE: path("key"),
    POSH_TLS_CLIENT_CA_FILE: path("ca")
  }
})

const client: RequestOptions = { ...trust, cert: certificates.good.pem, key: certificates.good.keyPem }

describe("the operations listener beside mutual TLS", () => {
  const rows: ReadonlyArray<readonly [path: string, asked: Ask, status: number, says: RegExp]> = [
    ["/health/live", {}, 200, /^\{"status":"live","version":"\d+\.\d+\.\d+"\}$/],
    ["/health/ready", {}, 200, /^\{"status":"ready"\}$/],
    ["/metrics", {}, 200, /^posh_http_requests_total\{.*route="GET \/health\/live".*status="2xx".*\} \d/m],
    ["/metrics", { method: "HEAD" }, 200, /^$/],
    ["/metrics", { headers: { host: "127.0.0.1:9090" } }, 200, /posh_build_info/],
    ["/metrics", { method: "POST" }, 405, /MethodNotAllowed/],
    ["/health/ready", { headers: { authorization: "Bearer x" } }, 200, /ready/],
    ["/v1/verify?domain=a.example&service=xmpp-server", {}, 404, /NotFound/],
    ["/v1/associations", {}, 404, /NotFound/],
    ["/docs", {}, 404, /NotFound/],
    ["/", {}, 404, /Here are \/health\/live, \/health\/ready and \/metrics alone\./],
    ["/%6detrics", {}, 404, /NotFound/],
    ["/metrics/", {}, 404, /NotFound/],
    ["/metrics", { headers: { host: "rebound.example" } }, 403, /POSH_OPS_HOST/],
    ["http://rebound.example/metrics", {}, 403, /POSH_OPS_HOST/],
    ["/metrics", { headers: { origin: "https://page.example" } }, 403, /another origin/],
    ["/metrics", { headers: { "sec-fetch-site": "cross-site" } }, 403, /another origin/],
    ["/metrics", { headers: { expect: "100-continue" } }, 200, /posh_build_info/],
    ["/metrics", { headers: { expect: "anything" } }, 417, /"code":"InvalidRequest"/]
  ]

  it.live("serves probes and scrapers, and nothing else, and no page of a browser", () =>
    Effect.gen(function*() {
      const { ops, port } = yield* startedWithOperations(yield* mutualTls)
      for (const [path, asked, status, says] of rows) {
        const got = yield* ask(ops, path, asked)
        assert.strictEqual(got.status, status, `${path} ${JSON.stringify(asked)} ${got.body.slice(0, 200)}`)
        assert.match(got.body, says, `${path} ${JSON.stringify(asked)}`)
      }
      assert.strictEqual((yield* ask(ops, "/metrics", { method: "POST" })).allow, "GET, HEAD")

      // The main listener is as closed as before, and keeps health for balancers with a certificate.
      assert.match(yield* Effect.flip(ask(port, "/health/live", { tls: trust })), /ECONNRESET|socket|alert/i)
      assert.strictEqual((yield* ask(port, "/health/ready", { tls: client })).status, 200)
      for (const path of ["/metrics", "/%6detrics"]) {
        const got = yield* ask(port, path, { tls: client })
        assert.strictEqual(got.status, 404, path)
        assert.notInclude(got.body, "posh_")
      }
      assert.match((yield* ask(port, "/metrics", { tls: client })).body, /POSH_OPS_PORT/)
    }).pipe(Effect.scoped), 120_000)

  it.live(
    "asks for no name of this machine on an address that others reach, or where POSH_AUTH=none allows any",
    () =>
      Effect.gen(function*() {
        const named = { headers: { host: "posh.monitoring.svc:9090" } }
        const open = yield* startedWithOperations({ POSH_OPS_HOST: "0.0.0.0" })
        assert.strictEqual((yield* ask(open.ops, "/metrics", named)).status, 200)
        assert.strictEqual((yield* ask(open.port, "/health/live", named)).status, 403, "the main listener as before")
        assert.strictEqual(
          (yield* ask(open.ops, "/metrics", { headers: { ...named.headers, "sec-fetch-site": "same-site" } })).status,
          403
        )
        const none = yield* startedWithOperations({ POSH_AUTH: "none" })
        assert.strictEqual((yield* ask(none.ops, "/metrics", named)).status, 200)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("holds no more connections than it may, and goes on answering", () =>
    Effect.gen(function*() {
      const { ops, port } = yield* startedWithOperations({})
      const sockets: Array<Socket> = []
      yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
      for (let opened = 0; opened < 300; opened += 1) sockets.push(connect(ops, "127.0.0.1").on("error", () => {}))
      const held = () => sockets.filter(({ destroyed, readyState }) => !destroyed && readyState === "open").length
      yield* until(() => sockets.every(({ connecting }) => !connecting) && held() <= 192, 20_000)
      assert.isAtLeast(held(), 100)
      assert.strictEqual((yield* ask(port, "/health/live")).status, 200, "the main listener has places of its own")
      for (const socket of sockets) socket.destroy()
      const again = yield* ask(ops, "/health/live").pipe(
        Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 50 }),
        Effect.orDie
      )
      assert.strictEqual(again.status, 200)
    }).pipe(Effect.scoped), 120_000)

  it.live("says stopping while the service drains, and closes after the main listener", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const { child, ended, ops, output, port } = yield* startedWithOperations({
        POSH_DRAIN_DELAY: "1s",
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
        POSH_CONNECT_TO: `:443=127.0.0.1:${origin.port}`
      })
      const question = `/v1/verify?domain=slow.example&service=xmpp-server&sha-256=${"0".repeat(64)}`
      const answer = yield* Effect.forkChild(ask(port, question))
      yield* until(origin.reached, 20_000)
      child.kill("SIGTERM")

      const stopping = yield* ask(ops, "/health/ready").pipe(
        Effect.repeat({ until: ({ status }) => status === 503 }),
        Effect.timeout("20 seconds")
      )
      assert.strictEqual(stopping.body, `{"status":"stopping"}`)
      assert.strictEqual((yield* ask(port, "/health/live")).status, 200, "callers are still answered")

      // The request under way holds the main listener half-closed: the operations listener is still there.
      yield* Effect.flip(ask(port, "/health/live")).pipe(Effect.eventually, Effect.timeout("20 seconds"))
      assert.strictEqual((yield* ask(ops, "/health/ready")).status, 503)
      assert.strictEqual((yield* ask(ops, "/health/live")).status, 200)

      origin.letGo()
      assert.strictEqual((yield* Fiber.join(answer)).status, 200)
      assert.strictEqual(yield* Effect.promise(() => ended), 0)
      assert.strictEqual(output.stderr, "")
      assert.match(yield* Effect.flip(ask(ops, "/health/live")), /ECONNREFUSED/)
    }).pipe(Effect.scoped), 120_000)
})

describe("an operations listener that cannot be", () => {
  const refused: ReadonlyArray<readonly [name: string, env: Readonly<Record<string, string>>, line: RegExp]> = [
    ["a port that is none", { POSH_OPS_PORT: "x" }, /^posh: POSH_OPS_PORT: must be a whole number from 0 to 65535\n$/],
    ["a host name", { POSH_OPS_PORT: "0", POSH_OPS_HOST: "ops.example" }, /^posh: POSH_OPS_HOST: must be an IP .*\n$/],
    ["a host without a port", { POSH_OPS_HOST: "0.0.0.0" }, /^posh: POSH_OPS_HOST: has no effect without .*\n$/],
    [
      "the port of callers",
      { POSH_PORT: "8080", POSH_OPS_PORT: "8080" },
      /^posh: POSH_OPS_PORT: must differ from POSH_PORT on the same address\n$/
    ],
    [
      "an address of another machine",
      { POSH_OPS_PORT: "0", POSH_OPS_HOST: "192.0.2.1" },
      /^posh: POSH_OPS_HOST, POSH_OPS_PORT: cannot listen on 192\.0\.2\.1:0 \(.*\)\n$/
    ]
  ]
  for (const [name, env, line] of refused) {
    it.live(`${name} stops the start with 1 and one line`, () =>
      Effect.gen(function*() {
        const { ended, output } = yield* run(env)
        assert.strictEqual(yield* Effect.promise(() => ended), 1)
        assert.match(output.stderr, line)
        assert.notInclude(output.stdout, "listening on")
        assert.notInclude(output.stdout, "health and metrics on")
      }).pipe(Effect.scoped))
  }

  it.live("a port that is taken stops the start with 1, and names the variables of this listener", () =>
    Effect.gen(function*() {
      const origin = yield* silentOrigin
      const { ended, output } = yield* run({ POSH_OPS_PORT: String(origin.port) })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(
        output.stderr,
        /^posh: POSH_OPS_HOST, POSH_OPS_PORT: cannot listen on 127\.0\.0\.1:\d+ \(.*EADDRINUSE.*\)\n$/
      )
    }).pipe(Effect.scoped))
})
