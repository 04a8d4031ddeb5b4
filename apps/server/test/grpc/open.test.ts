/**
 * What needs no key: health and reflection. And whom browsers may speak for.
 */
import { fromBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { Health, HealthCheckResponse_ServingStatus as Status, VerificationService } from "@posh/api/grpc"
import { Effect, Fiber } from "effect"
import type { IncomingHttpHeaders } from "node:http2"
import { Callers } from "../../src/access/Callers.ts"
import { GrpcListener } from "../../src/grpc/listener/GrpcListener.ts"
import { Readiness } from "../../src/service/Readiness.ts"
import { fleetKeys } from "../access/world.ts"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient, pathOf } from "./client.ts"
import {
  endOf,
  enveloped,
  headersOf,
  openSession,
  resultsOf,
  statusOf,
  streamBody,
  streamPath,
  verifyBody,
  verifyPath
} from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })
const [checkPath, watchPath] = [pathOf(Health.method.check), pathOf(Health.method.watch)]
const reflectionPath = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
const empty = enveloped(Buffer.alloc(0))

/** The states that a watch tells, and its end. */
const watching = Effect.gen(function*() {
  const stream = (yield* openSession()).request(headersOf(watchPath)).on("error", () => {})
  const seen: Array<Status> = []
  stream.on("data", (chunk: Buffer) => seen.push(fromBinary(Health.method.watch.output, chunk.subarray(5)).status))
  stream.end(empty)
  yield* until(() => seen.length > 0, 5_000)
  return { end: endOf(stream), seen }
})

const { callers } = fleetKeys

describe("with keys", () => {
  it.layer(Service.layer(verifier, { grpc: true, callers }), { excludeTestServices: true })((it) => {
    it.effect.each<readonly [string, string, object, string]>([
      ["Check", checkPath, {}, "0"],
      ["Check with an unknown key", checkPath, { authorization: `Bearer ${"x".repeat(32)}` }, "0"],
      ["reflection", reflectionPath, {}, "0"],
      ["a question", verifyPath, {}, "16"]
    ])("%s needs what it needs", ([, path, headers, expected]) =>
      Effect.gen(function*() {
        const body = path === verifyPath ? verifyBody() : path === checkPath ? empty : Buffer.alloc(0)
        assert.strictEqual(yield* statusOf(yield* openSession(), headersOf(path, headers), body), expected)
      }))

    it.effect("Watch needs none", () => Effect.map(watching, ({ seen }) => assert.lengthOf(seen, 1)))

    it.effect(
      "strangers who hold all places of watches and of reflection keep nobody from Check",
      () =>
        Effect.gen(function*() {
          const session = yield* openSession()
          const held = Array.from({ length: 300 }, (_, index) => {
            const stream = session.request(headersOf(index % 2 === 0 ? watchPath : reflectionPath)).on(
              "error",
              () => {}
            )
              .resume()
            if (index % 2 === 0) stream.end(empty)
            return stream
          })
          // Of one network, three quarters of 256.
          yield* until(() => held.filter(({ closed }) => closed).length > 100, 20_000)
          const more = Effect.raceFirst(
            statusOf(session, headersOf(watchPath), empty),
            Effect.as(Effect.sleep("1 second"), "held, a place was free")
          )
          assert.strictEqual(yield* Effect.repeat(more, { until: (status) => !status.startsWith("held") }), "14")
          assert.strictEqual(yield* statusOf(yield* openSession(), headersOf(checkPath), empty), "0")
        }),
      30_000
    )

    it.effect("a Check whose message does not come has five seconds, not thirty", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(checkPath))
        assert.strictEqual(yield* endOf(stream), "reset 11")
      }), 30_000)
  })
})

describe("drain", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect(
      "says at once that it does not serve, whatever the parent of workers still knows",
      () =>
        Effect.gen(function*() {
          yield* (yield* Readiness).become("ready")
          const { end, seen } = yield* watching
          yield* (yield* GrpcListener).drain
          assert.strictEqual(yield* end, "0")
          assert.deepStrictEqual(seen, [Status.SERVING, Status.NOT_SERVING])
          const { call } = yield* openClient((yield* Service).grpcUrl)
          assert.strictEqual((yield* call(Health.method.check, {})).status, Status.NOT_SERVING)
          assert.isTrue(
            (yield* call(VerificationService.method.verify, {
              question: {
                domain: "a.example",
                service: "xmpp-server",
                presented: { case: "certificate", value: "MAA=" }
              }
            })).answer?.valid,
            "but still answers"
          )
        }),
      10_000
    )
  })
})

describe("drain of streams", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("ends them with UNAVAILABLE, though their callers would send more", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(streamPath))
        const results = resultsOf(stream)
        stream.write(streamBody("1"))
        yield* until(() => results.length === 1, 5_000)
        const end = yield* Effect.forkChild(endOf(stream))
        const reflection = yield* Effect.forkChild(
          endOf((yield* openSession()).request(headersOf(reflectionPath)))
        )
        yield* Effect.sleep("100 millis")
        yield* (yield* GrpcListener).drain
        assert.strictEqual(yield* Fiber.join(end), "14")
        assert.strictEqual(yield* Fiber.join(reflection), "reset 7")
      }), 10_000)
  })
})

/** Status and header of a call by Connect. */
const byConnect = (headers: object, body?: string) =>
  Effect.gen(function*() {
    const session = yield* openSession()
    return yield* Effect.callback<IncomingHttpHeaders & { readonly ":status"?: number | undefined }>((resume) => {
      const stream = session.request({ ":path": verifyPath, "content-type": "application/json", ...headers } as never)
      stream.on("response", (found) => resume(Effect.succeed(found))).on("error", () => {}).resume()
      stream.end(body)
    })
  })

const asked = `{"question":{"domain":"a.example","service":"xmpp-server","certificate":"MAA="}}`

describe("browsers", () => {
  const page = { ":authority": "localhost:1", origin: "https://evil.example" }
  const own = { ":authority": "localhost:1", origin: "http://localhost:1" }
  it.layer(Service.layer(verifier, { grpc: true, callers: Callers.layerThisMachine }), { excludeTestServices: true })(
    (it) => {
      it.effect.each<readonly [string, object, string | undefined, number]>([
        ["a page of this origin", { ":method": "POST", ...own }, asked, 200],
        ["a page of another origin", { ":method": "POST", ...page }, asked, 403],
        [
          "its preflight",
          {
            ":method": "OPTIONS",
            ...page,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type"
          },
          undefined,
          405
        ],
        ["GET", { ":method": "GET", ...own }, undefined, 405],
        [
          "GET of Connect",
          {
            ":method": "GET",
            ...own,
            ":path": `${verifyPath}?connect=v1&encoding=json&message=${encodeURIComponent(asked)}`
          },
          undefined,
          404
        ]
      ])("%s", ([, headers, body, status]) =>
        Effect.gen(function*() {
          const found = yield* byConnect(headers, body)
          assert.strictEqual(found[":status"], status)
          assert.deepStrictEqual(Object.keys(found).filter((name) => name.startsWith("access-control-")), [])
        }))
    }
  )

  it("no method is one that browsers may ask by GET", () => {
    const safe = [...VerificationService.methods, ...Health.methods].filter(({ idempotency }) => idempotency !== 0)
    assert.deepStrictEqual(safe, [])
  })
})
