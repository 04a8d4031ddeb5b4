/**
 * A service of several workers seen from outside: who speaks for it, what a worker that hangs does to it, who gets in, and how it
 * ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { makeRedis } from "@posh/testing"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { certificates, makeFolder, trust } from "../access/world.ts"
import { run, silentOrigin, until } from "../process/processes.ts"
import { childrenOf, get, isAlive, startWorkers, sumOf, untilState } from "./world.ts"

const question = "/v1/verify?domain=127.0.0.1&service=xmpp-server&sha-256=00"

/** A connection that a worker has taken: it was answered there. */
const held = (port: number) =>
  Effect.callback<Socket>((resume) => {
    const socket = connect(
      port,
      "127.0.0.1",
      () => socket.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
    )
    socket.on("error", () => {})
    socket.once("data", () => resume(Effect.succeed(socket)))
  })

describe("a service of workers", () => {
  it.live(
    "has one state and one exposition, survives a worker that hangs, and leaves no orphan",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const { child, output, port } = yield* startWorkers({
          POSH_WORKERS: "2",
          POSH_REDIS_URL: redis.url,
          POSH_WORKER_TIMEOUT: "8s",
          POSH_LOG_LEVEL: "warn"
        })
        assert.match(output.stdout, /"listening on http/)
        assert.strictEqual((yield* get(port, "/health/ready")).status, 200, "at once")
        yield* untilState(port, "ready")
        for (let asked = 0; asked < 10; asked += 1) yield* get(port, question)
        const scrapes = yield* Effect.forEach([1, 2, 3], () => get(port, "/metrics"))
        for (const { text } of scrapes) {
          assert.strictEqual(
            sumOf(text, `posh_problems_total{code="InvalidSourceDomain"}`),
            10,
            "whichever worker is asked"
          )
          assert.strictEqual(sumOf(text, `posh_readiness{state="ready"}`), 1)
          assert.strictEqual(sumOf(text, "posh_connections_limit "), 16_384)
        }

        // A worker that hangs: some callers wait for it, and get an end of their connection when it is killed.
        const [victim = 0, other = 0] = childrenOf(child.pid)
        const sockets = yield* Effect.forEach(Array.from({ length: 4 }), () => held(port))
        process.kill(victim, "SIGSTOP")
        const late = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}))
        const ends = [...sockets, ...late].map((socket) => ({ socket, isOver: false }))
        for (const end of ends) end.socket.on("close", () => void (end.isOver = true))
        for (const { socket } of ends) socket.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        const answered = new Set<Socket>()
        for (const { socket } of ends) socket.on("data", () => answered.add(socket))
        yield* untilState(port, "degraded")
        yield* until(() => !isAlive(victim), 30_000)
        yield* until(() => ends.every(({ isOver, socket }) => isOver || answered.has(socket)), 10_000)
        assert.isTrue(ends.some(({ isOver }) => isOver), "the worker that hung had connections")
        assert.isTrue(isAlive(other))
        yield* untilState(port, "ready")
        const { text } = yield* get(port, "/metrics")
        assert.strictEqual(sumOf(text, `posh_worker_restarts_total{reason="unresponsive"}`), 1)
        assert.match(output.stdout, /worker 1 has not responded for 8\.0 s and is killed/)
        for (const { socket } of ends) socket.destroy()

        const workers = childrenOf(child.pid).filter(isAlive)
        assert.lengthOf(workers, 2)
        child.kill("SIGKILL")
        yield* until(() => !workers.some(isAlive), 30_000)
      }),
    180_000
  )

  it.live(
    "serves mutual TLS behind the PROXY protocol, and ends at once on a second signal",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const place = yield* makeFolder
        const { fleetCa, good, server } = certificates
        writeFileSync(place("cert.pem"), server.pem)
        writeFileSync(place("key.pem"), server.keyPem, { mode: 0o600 })
        writeFileSync(place("ca.pem"), fleetCa.pem)
        const { child, ended, output, port } = yield* startWorkers({
          POSH_WORKERS: "2",
          POSH_REDIS_URL: redis.url,
          POSH_TLS_CERT_FILE: place("cert.pem"),
          POSH_TLS_KEY_FILE: place("key.pem"),
          POSH_TLS_CLIENT_CA_FILE: place("ca.pem"),
          POSH_TRUSTED_PROXIES: "127.0.0.0/8",
          POSH_PROXY_PROTOCOL: "true",
          POSH_DRAIN_DELAY: "5m",
          POSH_LOG_LEVEL: "debug"
        })
        const proxied = Buffer.from("0d0a0d0a000d0a515549540a2111000cc63364010a000001126701bb", "hex")
        const ask = (credentials: object) =>
          Effect.callback<string>((resume) => {
            const plain = connect(port, "127.0.0.1", () => {
              plain.write(proxied)
              const socket = connectTls(
                { socket: plain, servername: "posh.example", ...trust, ...credentials },
                () => socket.write(`GET ${question} HTTP/1.1\r\nhost: posh.example\r\nconnection: close\r\n\r\n`)
              )
              let text = ""
              socket.on("data", (chunk) => text += String(chunk))
              socket.on("error", () => resume(Effect.succeed("refused")))
              socket.on("close", () => resume(Effect.succeed(text)))
            })
          })
        const answers = yield* Effect.forEach(
          Array.from({ length: 6 }),
          () => ask({ cert: good.pem, key: good.keyPem })
        )
        for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 400 [^]*InvalidSourceDomain/)
        assert.notMatch(yield* ask({}), /^HTTP/, "no certificate of a client")
        // Debug lines name the worker, and the source that the proxy tells.
        yield* until(() => output.stdout.split("198.51.100.1").length > 6, 30_000)
        for (const worker of [1, 2]) {
          assert.match(output.stdout, new RegExp(`"worker":${worker}[^\n]*198\\.51\\.100\\.1`))
        }

        const workers = childrenOf(child.pid)
        child.kill("SIGTERM")
        yield* Effect.sleep("1200 millis")
        assert.isTrue(workers.every(isAlive), "the drain delay is five minutes")
        child.kill("SIGTERM")
        assert.strictEqual(yield* Effect.promise(() => ended), 0)
        assert.isFalse(workers.some(isAlive))
      }),
    180_000
  )

  it.live("that cannot listen says so once, and ends", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const origin = yield* silentOrigin
      const { ended, output } = yield* run({
        POSH_WORKERS: "3",
        POSH_REDIS_URL: redis.url,
        POSH_PORT: String(origin.port)
      })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(
        output.stderr,
        /^posh: POSH_HOST, POSH_PORT: cannot listen on 127\.0\.0\.1:\d+ \(.*EADDRINUSE.*\)\n$/
      )
      assert.notInclude(output.stdout, "listening on")
    }), 120_000)
})
