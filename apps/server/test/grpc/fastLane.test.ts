import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { VerifyRequestSchema, VerifyResponseSchema } from "@posh/api/grpc"
import { Effect } from "effect"
import { connect, type IncomingHttpHeaders } from "node:http2"
import { fleetKeys } from "../access/world.ts"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { mismatch, verified } from "../service/verdicts.ts"

const verifier = layerAnswering({
  recall: (inquiry) => {
    const domain = domainOf(inquiry)
    if (domain === "broken.example") throw new Error("a defect")
    return domain === "unknown.example" ? undefined : domain === "other.example" ? mismatch : verified
  },
  verify: () => Effect.succeed(verified)
})

const send = (type: string, domain: string, more: object, headers: object) =>
  Effect.gen(function*() {
    const { grpcUrl = "" } = yield* Service
    return yield* Effect.callback<readonly [IncomingHttpHeaders, unknown]>((resume) => {
      const session = connect(grpcUrl)
      const stream = session.request({
        ":method": "POST",
        ":path": "/posh.v1.VerificationService/Verify",
        "content-type": type,
        ...headers
      })
      const question = {
        domain,
        service: "xmpp-server",
        presented: { case: "certificate", value: "MAA=" } as const,
        ...more
      }
      const message = toBinary(VerifyRequestSchema, create(VerifyRequestSchema, { question }))
      const chunks: Array<Buffer> = []
      let found: IncomingHttpHeaders = {}
      const note = (some: IncomingHttpHeaders) => found = { ...found, ...some }
      stream.on("response", note).on("trailers", note).on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("close", () => {
        session.close()
        const body = Buffer.concat(chunks).subarray(5)
        const { answer } = fromBinary(VerifyResponseSchema, body)
        const {
          "content-type": _type,
          date: _date,
          "grpc-status-details-bin": _details,
          "x-request-id": _id,
          ...rest
        } = found
        resume(Effect.succeed([{ ...rest }, answer === undefined ? undefined : { ...answer, id: "" }]))
      })
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(message.length, 1)
      stream.end(Buffer.concat([prefix, message]))
    })
  })

describe("the fast lane answers as the library does", () => {
  it.layer(Service.layer(verifier, { grpc: true, callers: fleetKeys.callers }), { excludeTestServices: true })((it) => {
    const key = fleetKeys.bearer("verify")
    it.effect.each<readonly [string, string, object, object]>([
      ["verified", "a.example", {}, key],
      ["with evidence", "a.example", { explain: true }, key],
      ["mismatch", "other.example", { explain: true }, key],
      ["not from memory", "unknown.example", {}, key],
      ["a defect of memory", "broken.example", {}, key],
      ["an option that is none", "a.example", { deadlineMs: 3 }, key],
      ["a refresh without the scope", "a.example", { refresh: true }, key],
      ["no key", "a.example", {}, {}],
      ["a timeout", "a.example", {}, { ...key, "grpc-timeout": "5S" }],
      ["a timeout that is none", "a.example", {}, { ...key, "grpc-timeout": "soon" }],
      ["a long question", "a.example", { derivedDomain: "x".repeat(100_000) }, key]
    ])("%s", ([, domain, more, headers]) =>
      Effect.gen(function*() {
        const fast = yield* send("application/grpc", domain, more, headers)
        const ordinary = yield* send("application/grpc+proto", domain, more, headers)
        assert.deepStrictEqual(fast, ordinary)
        assert.isDefined(fast[0]["grpc-status"])
      }))

    it.effect("no key: refused before the body has come, of which nothing is kept", () =>
      Effect.gen(function*() {
        const { grpcUrl = "" } = yield* Service
        const session = yield* Effect.acquireRelease(
          Effect.sync(() => connect(grpcUrl).on("error", () => {})),
          (session) => Effect.sync(() => session.destroy())
        )
        const status = yield* Effect.callback<unknown>((resume) => {
          const stream = session.request({
            ":method": "POST",
            ":path": "/posh.v1.VerificationService/Verify",
            "content-type": "application/grpc"
          })
          const note = (some: IncomingHttpHeaders) =>
            some["grpc-status"] === undefined ? undefined : resume(Effect.succeed(some["grpc-status"]))
          stream.on("response", note).on("trailers", note).on("error", () => {}).resume()
          stream.write(Buffer.alloc(1_000))
        })
        assert.strictEqual(status, "16")
      }))
  })
})
