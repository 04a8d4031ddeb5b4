/**
 * Callers who ask much and take nothing: memory stays bounded, places come back, and others are served meanwhile.
 */
import { create, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { BatchVerifyRequestSchema } from "@posh/api/grpc"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import type { ClientHttp2Session } from "node:http2"
import { Overall } from "../../src/service/Overall.ts"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { makeWorld, startService, valueOf } from "../telemetry/world.ts"
import {
  batchPath,
  endOf,
  enveloped,
  headersOf,
  openSession,
  question,
  sessionTo,
  statusOf,
  streamBody,
  streamPath,
  verifyBody,
  verifyPath
} from "./wire.ts"

const state = { running: 0, asked: 0 }
const never = Effect.acquireUseRelease(
  Effect.sync(() => {
    state.running += 1
    state.asked += 1
  }),
  () => Effect.never,
  () => Effect.sync(() => void (state.running -= 1))
)
const verifier = layerAnswering({ recall: () => undefined, verify: () => Effect.as(never, verified) })

describe("calls that are cancelled", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { maxInFlight: 1_000 } }), { excludeTestServices: true })(
    (it) => {
      it.effect.each<
        readonly [string, (session: ClientHttp2Session, index: number) => ReturnType<ClientHttp2Session["request"]>]
      >([
        ["one by one", (session, index) => {
          const stream = session.request(headersOf(verifyPath)).on("error", () => {})
          stream.end(verifyBody(`d${index}.example`))
          return stream
        }],
        ["with thirty questions of a stream each", (session, index) => {
          const stream = session.request(headersOf(streamPath)).on("error", () => {})
          for (let turn = 0; turn < 30; turn += 1) stream.write(streamBody(String(turn), `s${index}-${turn}.example`))
          return stream
        }]
      ])("are over at once: %s", ([, ask]) =>
        Effect.gen(function*() {
          const session = yield* openSession()
          for (let round = 0; round < 10; round += 1) {
            const before = state.asked
            const streams = Array.from({ length: 20 }, (_, index) => ask(session, round * 20 + index))
            yield* until(() => state.asked >= before + 20, 10_000)
            for (const stream of streams) stream.close(8)
            yield* until(() => state.running === 0, 10_000)
          }
          assert.isFalse(session.closed)
        }), 60_000)
    }
  )
})

describe("streams whose deadline passes", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("are no success: results are missing", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(streamPath, { "grpc-timeout": "300m" }))
        stream.end(streamBody("1", "late.example"))
        assert.strictEqual(yield* endOf(stream), "4")
        yield* until(() => state.running === 0, 5_000)
      }), 10_000)
  })
})

describe("watches of health that are cancelled", () => {
  const reads = { count: 0 }
  const overall = Layer.succeed(Overall, {
    state: Effect.sync(() => (reads.count += 1, "ready" as const)),
    metrics: Effect.succeed("")
  })
  it.layer(Service.layer(verifier, { grpc: true }).pipe(Layer.provide(overall)), { excludeTestServices: true })(
    (it) => {
      it.effect("leave nothing that looks on", () =>
        Effect.gen(function*() {
          const session = yield* openSession()
          const streams = Array.from({ length: 50 }, () => {
            const stream = session.request(headersOf("/grpc.health.v1.Health/Watch")).on("error", () => {}).resume()
            stream.end(enveloped(Buffer.alloc(0)))
            return stream
          })
          yield* until(() => reads.count >= 50, 10_000)
          for (const stream of streams) stream.close(8)
          yield* until(() => streams.every(({ closed }) => closed), 10_000)
          yield* Effect.sleep("1 second")
          const before = reads.count
          yield* Effect.sleep("1200 millis")
          assert.strictEqual(reads.count, before)
        }), 30_000)
    }
  )
})

const megabytes = (pid: number | undefined, name: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024

describe("readers that read nothing", () => {
  it.live(
    "of streams and of batches hold no more memory than is documented, and nobody else waits",
    () =>
      Effect.gen(function*() {
        const { env, server } = yield* makeWorld
        const { child, get, output, stop } = yield* startService({
          ...env,
          NODE_OPTIONS: "--max-old-space-size=256",
          POSH_GRPC_PORT: "0"
        })
        const [, port = ""] = /gRPC on port (\d+)/.exec(output.stdout) ?? []
        const url = `http://127.0.0.1:${port}`
        const asked = { presented: { case: "certificate", value: server.pem }, explain: true } as const
        const usual = yield* sessionTo(url)
        const isServed = Effect.gen(function*() {
          const beganAt = performance.now()
          assert.strictEqual(yield* statusOf(usual, headersOf(verifyPath), verifyBody("good.example", asked)), "0")
          return performance.now() - beganAt
        })
        yield* isServed
        const before = megabytes(child.pid, "VmRSS")
        const deaf = { settings: { initialWindowSize: 0 } }

        const message = Buffer.concat(
          Array.from({ length: 100 }, (_, index) => streamBody(String(index), "good.example", asked))
        )
        for (let connection = 0; connection < 4; connection += 1) {
          const session = yield* sessionTo(url, deaf)
          for (let stream = 0; stream < 40; stream += 1) {
            session.request(headersOf(streamPath)).on("error", () => {}).write(message)
          }
          assert.isBelow(yield* isServed, 5_000)
        }
        const batch = enveloped(toBinary(
          BatchVerifyRequestSchema,
          create(BatchVerifyRequestSchema, {
            requests: Array.from(
              { length: 1_000 },
              (_, index) => ({ id: String(index), question: question("good.example", { ...asked, maxAge: index }) })
            )
          })
        ))
        for (let call = 0; call < 5; call += 1) {
          const session = yield* sessionTo(url, deaf)
          session.request(headersOf(batchPath)).on("error", () => {}).end(batch)
          assert.isBelow(yield* isServed, 5_000)
        }
        const { text } = yield* get("/metrics")
        assert.isAbove(valueOf(text, "posh_grpc_connections_open"), 9)
        const grown = megabytes(child.pid, "VmHWM") - before
        assert.isBelow(grown, 300, "megabytes")
        assert.isNull(child.exitCode)
        yield* stop
      }),
    120_000
  )
})
