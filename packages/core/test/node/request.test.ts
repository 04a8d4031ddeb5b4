/** What a fetch sends and opens, and that it cleans up. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Behave, countingListener, makeOrigins } from "@posh/testing"
import { Effect, Exit, Fiber, Layer } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { HttpsFetcher } from "../../src/node/index.ts"
import { connectTo, get, layerFetcher, layerWeb, outcome, Web } from "./world.ts"

const hosts = { "im.example": { routes: { "/": Behave.json({}), "/hang": Behave.hang } } }

layer(layerWeb(hosts), { excludeTestServices: true })("a request", (it) => {
  it.effect("sends exactly these fields (POSH-RES-40)", () =>
    Effect.gen(function*() {
      const { requests, reset } = yield* Web
      reset()
      yield* get({ host: "im.example", path: "/?a=b", accept: "application/jwk-set+json, application/json;q=0.9" })
      assert.deepStrictEqual(requests.map(({ headers, method, path }) => ({ headers, method, path })), [{
        method: "GET",
        path: "/?a=b",
        headers: [
          ["host", "im.example"],
          ["connection", "close"],
          ["Accept", "application/jwk-set+json, application/json;q=0.9"],
          ["User-Agent", "posh-test/1.0 (+mailto:ops@posh.example)"],
          ["Accept-Encoding", "identity"]
        ]
      }])
    }))

  it.effect("names the A-labels in SNI and Host, with the port where it is not 443 (POSH-RES-32)", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.reset()
      const host = "xn--bcher-kva.example"
      web.setRoute(host, "/", Behave.json({}))
      yield* get({ host })
      const direct = layerFetcher(web, { connectTo: connectTo(`:=127.0.0.1:${web.port}`) })
      yield* Effect.provide(get({ host, port: 8443 }), direct)
      assert.deepStrictEqual(
        web.requests.map(({ headers, sni }) => [sni, headers.find(([name]) => name === "host")?.[1]]),
        [[host, host], [host, `${host}:8443`]]
      )
    }))

  it.effect("opens a connection for every request and shares no cookie (POSH-RES-41)", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.reset()
      web.setRoute("im.example", "/cookie", Behave.json({}, { headers: { "set-cookie": "a=b; Path=/" } }))
      yield* get({ host: "im.example", path: "/cookie" })
      yield* get({ host: "im.example", path: "/cookie" })
      assert.strictEqual(new Set(web.requests.map(({ remotePort }) => remotePort)).size, 2)
      assert.isFalse(web.requests.some(({ headers }) => headers.some(([name]) => /cookie/i.test(name))))
    }))

  it.effect("uses no proxy of the environment (POSH-SEC-11)", () =>
    Effect.gen(function*() {
      const proxy = yield* countingListener()
      const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"]
      const before = names.map((name) => [name, process.env[name]] as const)
      yield* Effect.acquireRelease(
        Effect.sync(() => names.forEach((name) => process.env[name] = `http://127.0.0.1:${proxy.port}`)),
        () =>
          Effect.sync(() =>
            before.forEach(([name, value]) =>
              value === undefined ? delete process.env[name] : process.env[name] = value
            )
          )
      )
      assert.strictEqual(yield* outcome({ host: "im.example" }), "200 {}")
      assert.strictEqual(proxy.count(), 0)
    }))

  it.effect("checks certificates though the environment says not to", () =>
    Effect.gen(function*() {
      const stranger = yield* makeOrigins({})
      yield* Effect.acquireRelease(
        Effect.sync(() => process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"),
        () => Effect.sync(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
      )
      const fetcher = layerFetcher(yield* Web, { connectTo: connectTo(stranger.connectTo) })
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), fetcher), "TlsCertificateUntrusted")
    }))

  it.effect("a root of the environment is none of ours (POSH-SEC-22)", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true }))
      )
      const file = join(folder, "root.pem")
      yield* Effect.promise(() => writeFile(file, web.caPem))
      const script = fileURLToPath(new URL("ambientTrust.ts", import.meta.url))
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", script, String(web.port)], {
          env: { ...process.env, NODE_EXTRA_CA_CERTS: file }
        })
      )
      assert.strictEqual(stdout.trim(), "trusted TlsCertificateUntrusted")
    }))

  it.effect("a root that one fetcher trusts is none for another (POSH-RES-34, POSH-MAT-24)", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const [trusting, other] = yield* Effect.all([
        Layer.build(layerFetcher(web, { connectTo: connectTo(web.connectTo) })),
        Layer.build(HttpsFetcher.layer({ userAgent: "other", connectTo: connectTo(web.connectTo) }))
      ])
      const ask = (context: typeof trusting) => Effect.provide(outcome({ host: "im.example" }), context)
      const outcomes = yield* Effect.all([ask(trusting), ask(other), ask(trusting), ask(other)], { concurrency: 4 })
      assert.deepStrictEqual(outcomes, ["200 {}", "TlsCertificateUntrusted", "200 {}", "TlsCertificateUntrusted"])
    }))
})

/** A server that accepts connections and records the start and end of each. */
const watchedServer = Effect.gen(function*() {
  const state = { opened: 0, closed: 0 }
  const server = createServer((socket) => {
    state.opened += 1
    socket.on("error", () => undefined).on("close", () => state.closed += 1).resume()
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  const address = server.address()
  return { state, port: typeof address === "object" && address !== null ? address.port : 0 }
})

const eventually = (condition: () => boolean) =>
  Effect.sleep(2).pipe(Effect.repeat({ until: condition }), Effect.timeout(20_000))

/** Longer than what follows waits, so that nothing else ends the request. */
const patient = { connectMs: 60_000, firstByteMs: 60_000, requestMs: 60_000, attemptMs: 60_000 }

describe("interruption", () => {
  it.live("during the handshake closes the socket at once", () =>
    Effect.gen(function*() {
      const { port, state } = yield* watchedServer
      const fetcher = HttpsFetcher.layer({ userAgent: "test", connectTo: connectTo(`:=127.0.0.1:${port}`) })
      const fiber = yield* Effect.forkChild(Effect.provide(get({ host: "im.example", limits: patient }), fetcher))
      yield* eventually(() => state.opened === 1)
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => state.closed === 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))

  it.live("while the answer is awaited closes the socket at once", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins(hosts)
      const fetcher = yield* Layer.build(layerFetcher(origins, { connectTo: connectTo(origins.connectTo) }))
      const closed = { count: 0 }
      origins.setRoute("im.example", "/endless", Behave.endlessBody)
      const request = Effect.provide(
        get({
          host: "im.example",
          path: "/endless",
          limits: patient,
          bodyLimit: () => {
            closed.count += 1
            return Number.MAX_SAFE_INTEGER
          }
        }),
        fetcher
      )
      const fiber = yield* Effect.forkChild(request)
      yield* eventually(() => closed.count === 1)
      assert.isAbove(sockets(), 0)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      yield* eventually(() => sockets() === 0)
    }))

  it.live("leaves no socket behind, whatever the outcome", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins(hosts)
      const fetcher = yield* Layer.build(layerFetcher(origins, { connectTo: connectTo(origins.connectTo) }))
      const ask = (path: string) =>
        Effect.provide(outcome({ host: "im.example", path, limits: { firstByteMs: 50 } }), fetcher)
      yield* Effect.all([ask("/"), ask("/hang"), ask("/nothing")], { concurrency: 3 })
      yield* eventually(() => sockets() === 0)
    }))
})

/** Open connections of this process, both ends, without listeners. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length
