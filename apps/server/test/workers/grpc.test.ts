/**
 * gRPC from several workers: all of them serve the port, their numbers are one, a worker that dies is replaced, files of TLS are read
 * anew by each, and the end answers what is under way.
 */
import { fromBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { Health, HealthCheckResponse_ServingStatus as Status } from "@posh/api/grpc"
import { Effect, Fiber } from "effect"
import { copyFileSync, writeFileSync } from "node:fs"
import type { ClientHttp2Session } from "node:http2"
import { connect as connectTls } from "node:tls"
import { certificates, trust } from "../access/world.ts"
import { pathOf } from "../grpc/client.ts"
import {
  endOf,
  enveloped,
  headersOf,
  resultsOf,
  sessionTo,
  statusOf,
  streamBody,
  streamPath,
  verifyBody,
  verifyPath
} from "../grpc/wire.ts"
import { until } from "../process/processes.ts"
import {
  childrenOf,
  isAlive,
  makeWorld,
  peersOf,
  slowDomain,
  startWorkers,
  sumOf,
  untilState,
  warmDomains
} from "./world.ts"

/** The worker at the other end. */
const workerOf = (pid: number | undefined, session: ClientHttp2Session): number | undefined => {
  const { localPort = 0 } = session.socket
  return childrenOf(pid).find((child) => peersOf(child).has(localPort))
}

const isLost = (session: ClientHttp2Session) => session.closed || session.destroyed

/** Over TLS, without a client certificate. */
const presented = (port: number) =>
  Effect.callback<string>((resume) => {
    const socket = connectTls(
      { port, host: "127.0.0.1", ALPNProtocols: ["h2"], servername: "posh.example", ...trust },
      () => {
        resume(Effect.succeed(socket.getPeerCertificate().serialNumber))
        socket.destroy()
      }
    ).on("error", () => resume(Effect.succeed("none")))
  })

const serial = (pem: string) => new (process.getBuiltinModule("node:crypto").X509Certificate)(pem).serialNumber

describe("gRPC from workers", () => {
  it.live(
    "is one service",
    () =>
      Effect.gen(function*() {
        const { certificate, env, place } = yield* makeWorld
        const { renewed, server } = certificates
        writeFileSync(place("cert.pem"), server.pem)
        writeFileSync(place("key.pem"), server.keyPem, { mode: 0o600 })
        const service = yield* startWorkers({
          ...env,
          POSH_GRPC_PORT: "0",
          POSH_AUTH: "none",
          POSH_OPS_PORT: "0",
          POSH_TLS_CERT_FILE: place("cert.pem"),
          POSH_TLS_KEY_FILE: place("key.pem"),
          POSH_DRAIN_DELAY: "1s"
        })
        const { child, ended, opsPort, output } = service
        yield* until(() => /gRPC on port \d+/.test(output.stdout), 30_000)
        const ports = [...output.stdout.matchAll(/gRPC on port (\d+)/g)].map(([, port]) => Number(port))
        assert.lengthOf(new Set(ports), 1, "all have the same")
        const [port = 0] = ports
        yield* untilState(opsPort, "ready")
        const url = `https://localhost:${port}`
        const options = { ...trust, servername: "posh.example", checkServerIdentity: () => undefined }
        const ask = (session: ClientHttp2Session, domain: string, more: object = {}) =>
          statusOf(
            session,
            headersOf(verifyPath),
            verifyBody(domain, { presented: { case: "certificate", value: certificate.pem }, ...more })
          )

        // Who serves.
        const sessions: Array<ClientHttp2Session> = []
        const connected = Effect.gen(function*() {
          const session = yield* sessionTo(url, options)
          assert.strictEqual(yield* ask(session, warmDomains[0] ?? ""), "0")
          sessions.push(session)
          return new Set(sessions.map((known) => workerOf(child.pid, known))).size
        })
        yield* Effect.repeat(connected, { until: (workers) => workers === 2 })
        const { text } = yield* opsGet(opsPort)
        assert.strictEqual(
          sumOf(text, "posh_grpc_calls_total{method=\"posh.v1.VerificationService/Verify\",status=\"OK\"}"),
          sessions.length
        )
        assert.strictEqual(sumOf(text, "posh_grpc_connections_open "), sessions.length)

        // A worker that dies.
        const [victim = 0] = childrenOf(child.pid)
        const [lost, kept] = [true, false].map((isVictims) =>
          sessions.filter((session) => (workerOf(child.pid, session) === victim) === isVictims)
        )
        process.kill(victim, "SIGKILL")
        yield* until(() => lost?.every(isLost) === true, 10_000)
        assert.isFalse(kept?.some(isLost))
        yield* untilState(opsPort, "ready")
        yield* until(() => childrenOf(child.pid).filter(isAlive).length === 2, 30_000)
        sessions.length = 0
        yield* Effect.repeat(connected, { until: (workers) => workers === 2 })

        // Files that change.
        assert.strictEqual(yield* presented(port), serial(server.pem))
        writeFileSync(place("new.pem"), renewed.pem)
        writeFileSync(place("new.key"), renewed.keyPem, { mode: 0o600 })
        copyFileSync(place("new.key"), place("key.pem"))
        copyFileSync(place("new.pem"), place("cert.pem"))
        const seen: Array<string> = []
        const look = Effect.andThen(Effect.sleep("100 millis"), Effect.map(presented(port), (one) => seen.push(one)))
        yield* Effect.repeat(look, {
          until: () => seen.slice(-6).filter((one) => one === serial(renewed.pem)).length === 6
        }).pipe(
          Effect.timeout("30 seconds")
        )
        assert.isFalse(sessions.some(isLost), "open connections go on")

        // The end.
        const [first, second] = [sessions[0]!, sessions.at(-1)!]
        const stream = first.request(headersOf(streamPath))
        const results = resultsOf(stream)
        stream.write(streamBody("now", warmDomains[0], { presented: { case: "certificate", value: certificate.pem } }))
        yield* until(() => results.length === 1, 10_000)
        const states: Array<Status> = []
        const watch = second.request(headersOf(pathOf(Health.method.watch))).on("error", () => {})
        watch.on(
          "data",
          (chunk: Buffer) => states.push(fromBinary(Health.method.watch.output, chunk.subarray(5)).status)
        )
        watch.end(enveloped(Buffer.alloc(0)))
        yield* until(() => states.length === 1, 10_000)
        const goodbyes = sessions.map((session) =>
          Effect.callback<void>((resume) => void session.once("goaway", () => resume(Effect.void)))
        )
        const told = yield* Effect.forkChild(Effect.all(goodbyes, { concurrency: "unbounded" }))
        const slow = yield* Effect.forkChild(ask(first, slowDomain))
        const ends = yield* Effect.forkChild(endOf(stream))
        yield* Effect.sleep("200 millis")
        child.kill("SIGTERM")
        yield* Fiber.join(told)
        assert.strictEqual(yield* Fiber.join(ends), "14")
        assert.strictEqual(yield* Fiber.join(slow), "0")
        assert.deepStrictEqual(states, [Status.SERVING, Status.NOT_SERVING])
        assert.strictEqual(yield* Effect.promise(() => ended), 0)
        assert.notMatch(output.stdout, /requests? cut/)
      }),
    180_000
  )
})

const opsGet = (port: number) =>
  Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text())).pipe(
    Effect.map((text) => ({ text }))
  )
