/**
 * Messages of very many parts, or of very many levels: refused before they become objects, and nobody waits meanwhile.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import {
  batchPath,
  endOf,
  enveloped,
  headersOf,
  openSession,
  statusOf,
  streamPath,
  verifyBody,
  verifyPath
} from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

const mebibyte = 1024 * 1024
const fill = (octets: number, ...pattern: ReadonlyArray<number>) => Buffer.alloc(octets, Buffer.from(pattern))
const [batchOctets, oneOctets] = [31 * mebibyte, mebibyte - 1_024]

const emptyQuestions = fill(batchOctets, 0x0a, 0)
const unknownFields = (octets: number) => fill(octets, 0x78, 1)
const json = (octets: number) => Buffer.from(`{"requests":[${"[],".repeat(octets / 3)}[]]}`)
const gzip = { "grpc-encoding": "gzip" }
const connect = (more: object = {}) => ({ "content-type": "application/json", ...more })

type Row = readonly [string, path: string, headers: object, body: Buffer, expected: RegExp]

describe("a message", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    const invalid = /^(3|HTTP 400)$/
    const rows: ReadonlyArray<Row> = [
      ["of 16 million questions", batchPath, {}, enveloped(emptyQuestions), invalid],
      ["of 16 million fields", batchPath, {}, enveloped(unknownFields(batchOctets)), invalid],
      ["of 16 million questions, in gzip", batchPath, gzip, enveloped(gzipSync(emptyQuestions), undefined, 1), invalid],
      ["of one question with 500,000 fields", verifyPath, {}, enveloped(unknownFields(oneOctets)), invalid],
      ["of one question with 2,500 fields", verifyPath, {}, enveloped(unknownFields(5_000)), invalid],
      ["of 10 million arrays of JSON", batchPath, connect(), json(batchOctets), invalid],
      [
        "of them in another spelling of JSON",
        batchPath,
        connect({ "content-type": "Application/JSON" }),
        json(batchOctets),
        invalid
      ],
      [
        "of them in gRPC",
        batchPath,
        { "content-type": "application/grpc+json" },
        enveloped(json(batchOctets)),
        invalid
      ],
      [
        "of them in gRPC-Web",
        batchPath,
        { "content-type": "application/grpc-web+json" },
        enveloped(json(batchOctets)),
        /^reset 0$/ /* its status is in the body */
      ],
      ["of them in gzip", batchPath, connect({ "content-encoding": "gzip" }), gzipSync(json(batchOctets)), invalid],
      ["of 10,000 levels of JSON", verifyPath, connect(), Buffer.from(`{"question":${"[".repeat(10_000)}`), invalid],
      ["of 16,000 groups in each other", verifyPath, {}, enveloped(fill(16_000, 0x0b)), /^(3|13)$/],
      ["of 2,000 groups in each other", verifyPath, {}, enveloped(Buffer.from("a306".repeat(2_000), "hex")), /^(3|13)$/]
    ]
    it.effect.each(rows)("%s", ([, path, headers, body, expected]) =>
      Effect.gen(function*() {
        const beganAt = performance.now()
        const session = yield* openSession({ maxSessionMemory: 1_000 })
        const status = yield* statusOf(session, headersOf(path, headers), body)
        assert.match(status, expected)
        assert.isBelow(performance.now() - beganAt, 8_000, "decoding alone would take as long")
        assert.strictEqual(yield* statusOf(session, headersOf(verifyPath), verifyBody()), "0")
      }), 60_000)

    it.effect("of a stream ends that stream", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(streamPath))
        stream.write(enveloped(unknownFields(oneOctets)))
        assert.strictEqual(yield* endOf(stream), "3")
      }), 20_000)
  })
})
