/**
 * Callers that read nothing, send nothing to the end, or send what is no gRPC: over HTTP/2 itself, frame by frame.
 */
import { create, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { VerificationService, VerifyRequestSchema, VerifyStreamRequestSchema } from "@posh/api/grpc"
import { Effect } from "effect"
import { type ClientHttp2Session, connect, constants } from "node:http2"
import { connect as connectSocket } from "node:net"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient } from "./client.ts"

const state = { asked: 0 }
const verifier = layerAnswering({
  recall: () => undefined,
  verify: () => Effect.sync(() => (state.asked += 1, verified))
})

const openSession = Effect.gen(function*() {
  const { grpcUrl = "" } = yield* Service
  return yield* Effect.acquireRelease(
    Effect.sync(() => connect(grpcUrl).on("error", () => {})),
    (session) => Effect.sync(() => session.destroy())
  )
})

const grpcHeaders = (path: string, headers: object = {}) => ({
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc",
  te: "trailers",
  ...headers
})

const enveloped = (message: Uint8Array, length = message.length) => {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

const question = {
  domain: "a.example",
  service: "xmpp-server",
  explain: true,
  presented: { case: "certificate", value: "MAA=" }
} as const
const verifyPath = "/posh.v1.VerificationService/Verify"
const streamPath = "/posh.v1.VerificationService/VerifyStream"

/** The status of the call, from trailers or from headers alone; or the code of its reset. */
const statusOf = (session: ClientHttp2Session, headers: object, body: Uint8Array) =>
  Effect.callback<string>((resume) => {
    const stream = session.request(headers as never)
    let status = "none"
    const note = (from: object) => status = (from as Record<string, string>)["grpc-status"] ?? status
    stream.on("response", (from) => {
      note(from)
      if (status === "none" && from[":status"] !== 200) status = `HTTP ${from[":status"]}`
    })
    stream.on("trailers", note).on("error", () => {}).resume()
    stream.on("close", () => resume(Effect.succeed(status === "none" ? `reset ${stream.rstCode}` : status)))
    stream.end(body)
  })

/** The service still answers others. */
const isAlive = Effect.gen(function*() {
  const { call } = yield* openClient((yield* Service).grpcUrl)
  const { answer } = yield* call(VerificationService.method.verify, { question })
  assert.isTrue(answer?.valid)
})

describe("hostile callers", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("a reader of a stream that reads nothing is asked for nothing more", () =>
      Effect.gen(function*() {
        const session = yield* openSession
        const stream = session.request(grpcHeaders(streamPath)).on("error", () => {})
        const message = enveloped(
          toBinary(VerifyStreamRequestSchema, create(VerifyStreamRequestSchema, { request: { id: "x", question } }))
        )
        const total = 20_000
        state.asked = 0
        for (let turn = 0; turn < total / 100; turn += 1) {
          stream.write(Buffer.concat(Array.from({ length: 100 }, () => message)))
        }
        const settled = Effect.suspend(() => {
          const before = state.asked
          return Effect.map(Effect.sleep("1 second"), () => before > 0 && state.asked === before)
        })
        yield* Effect.repeat(settled, { until: (isSettled) => isSettled })
        assert.isBelow(state.asked, 2_000)
        yield* isAlive
        stream.close(constants.NGHTTP2_CANCEL)
      }), 60_000)

    const body = enveloped(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, { question })))
    it.effect.each<readonly [string, object, Uint8Array, RegExp]>([
      ["a question", grpcHeaders(verifyPath), body, /^0$/],
      ["no message", grpcHeaders(verifyPath), Buffer.alloc(0), /^12$/],
      ["two messages", grpcHeaders(verifyPath), Buffer.concat([body, body]), /^12$/],
      ["half a message", grpcHeaders(verifyPath), body.subarray(0, 9), /^3$/],
      ["a length of 4 GiB", grpcHeaders(verifyPath), enveloped(Buffer.alloc(10), 0xffff_ffff), /^8$/],
      ["what is no protobuf", grpcHeaders(verifyPath), enveloped(Buffer.from("ffffffffffff", "hex")), /^(3|13)$/],
      ["an unknown compression", grpcHeaders(verifyPath, { "grpc-encoding": "br0tli" }), body, /^12$/],
      ["a bomb of gzip", grpcHeaders(verifyPath, { "grpc-encoding": "gzip" }), bomb(), /^8$/],
      ["a timeout that is none", grpcHeaders(verifyPath, { "grpc-timeout": "soon" }), body, /^3$/],
      ["no content type", { ":method": "POST", ":path": verifyPath }, body, /^HTTP 415$/],
      ["GET", { ...grpcHeaders(verifyPath), ":method": "GET" }, Buffer.alloc(0), /^HTTP 4(05|15)$/],
      ["another path", grpcHeaders("/x"), body, /^12$/],
      ["a path of HTTP", { ":method": "GET", ":path": "/metrics" }, Buffer.alloc(0), /^HTTP 404$/],
      [
        "too many headers",
        grpcHeaders(verifyPath, Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, "x"]))),
        body,
        /^reset/
      ],
      ["a header of 100 KiB", grpcHeaders(verifyPath, { "x-long": "x".repeat(100_000) }), body, /^reset/]
    ])("%s", ([, headers, octets, expected]) =>
      Effect.gen(function*() {
        assert.match(yield* statusOf(yield* openSession, headers, octets), expected)
        yield* isAlive
      }), 20_000)

    it.effect.each<readonly [string, string]>([
      ["HTTP/1.1", "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"],
      ["TLS", "\u0016\u0003\u0001\u0002"],
      ["noise", "x".repeat(100_000)]
    ])("%s is closed", ([, text]) =>
      Effect.gen(function*() {
        const { port } = new URL((yield* Service).grpcUrl ?? "")
        yield* Effect.callback<void>((resume) => {
          const socket = connectSocket(Number(port), "127.0.0.1", () => socket.write(text, "latin1"))
          socket.on("error", () => {}).resume().once("close", () => resume(Effect.void))
        })
        yield* isAlive
      }), 20_000)
  })
})

/** 10 MiB of zeros in a few kilobytes. */
function bomb(): Buffer {
  const { gzipSync } = process.getBuiltinModule("node:zlib")
  const octets = enveloped(gzipSync(Buffer.alloc(10 * 1024 * 1024)))
  octets[0] = 1
  return octets
}
