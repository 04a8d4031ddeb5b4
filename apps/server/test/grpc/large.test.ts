/**
 * Messages and answers of a size that a caller chooses: what is reserved for them, and for how long.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { BatchVerifyRequestSchema, BatchVerifyResponseSchema, VerificationService } from "@posh/api/grpc"
import { Deferred, Effect, Fiber } from "effect"
import { gzipSync } from "node:zlib"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient } from "./client.ts"
import {
  batchPath,
  endOf,
  enveloped,
  headersOf,
  openSession,
  question,
  resultsOf,
  streamBody,
  streamPath
} from "./wire.ts"

const release = Deferred.makeUnsafe<void>()
const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "late.example" ? undefined : verified,
  verify: () => Effect.as(Deferred.await(release), verified)
})

const batchOf = (questions: ReadonlyArray<ReturnType<typeof question>>) =>
  toBinary(
    BatchVerifyRequestSchema,
    create(BatchVerifyRequestSchema, {
      requests: questions.map((asked, index) => ({ id: String(index), question: asked }))
    })
  )

describe("large messages", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("of which the rest does not come end their stream, and others do not", () =>
      Effect.gen(function*() {
        const session = yield* openSession()
        const [slow, usual] = [session.request(headersOf(streamPath)), session.request(headersOf(streamPath))]
        const results = resultsOf(usual)
        const end = yield* Effect.forkChild(endOf(slow))
        slow.write(enveloped(Buffer.alloc(100), 500_000))
        usual.write(streamBody("1").subarray(0, 9))
        assert.strictEqual(yield* Fiber.join(end), "reset 11")
        usual.write(streamBody("1").subarray(9))
        usual.end()
        yield* endOf(usual)
        assert.deepStrictEqual(results, [{ id: "1", case: "answer" }])
      }), 20_000)

    it.effect(
      "that are compressed count as what they may become: two batches of one caller, and no third",
      () =>
        Effect.gen(function*() {
          const { call } = yield* openClient((yield* Service).grpcUrl)
          const body = enveloped(gzipSync(batchOf([question("late.example")])), undefined, 1)
          const ask = Effect.gen(function*() {
            const stream = (yield* openSession()).request(headersOf(batchPath, { "grpc-encoding": "gzip" }))
            stream.end(body)
            return yield* endOf(stream)
          })
          const first = yield* Effect.forEach([1, 2], () => Effect.forkChild(ask))
          yield* Effect.sleep("300 millis")
          assert.strictEqual(yield* ask, "14", "UNAVAILABLE")
          assert.isTrue((yield* call(VerificationService.method.verify, { question: question() })).answer?.valid)
          yield* Deferred.succeed(release, undefined)
          assert.deepStrictEqual(yield* Effect.forEach(first, Fiber.join), ["0", "0"])
          assert.strictEqual(yield* ask, "0")
        }),
      20_000
    )

    it.effect("a long answer comes whole", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(batchPath)).on("error", () => {})
        const chunks: Array<Buffer> = []
        stream.on("data", (chunk: Buffer) => chunks.push(chunk))
        stream.end(
          enveloped(
            batchOf(Array.from({ length: 1_000 }, (_, maxAge) => question("a.example", { explain: true, maxAge })))
          )
        )
        assert.strictEqual(yield* endOf(stream), "0")
        const octets = Buffer.concat(chunks)
        assert.isAbove(octets.length, 128 * 1_024)
        const { results } = fromBinary(BatchVerifyResponseSchema, octets.subarray(5))
        assert.lengthOf(results, 1_000)
      }), 20_000)
  })
})
