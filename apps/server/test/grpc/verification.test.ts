import { fromBinary, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { VerificationService, VerifyRequestSchema, VerifyResponseSchema } from "@posh/api/grpc"
import { Deferred, Effect, Fiber, Result } from "effect"
import { fleetKeys } from "../access/world.ts"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { indeterminate, verified } from "../service/verdicts.ts"
import { openClient, pathOf } from "./client.ts"

const began = Deferred.makeUnsafe<void>()
const interrupted = Deferred.makeUnsafe<void>()

const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "remembered.example" ? verified : undefined,
  verify: (inquiry) => {
    const domain = domainOf(inquiry)
    if (domain === "defect.example") return Effect.die("the secret of the inside")
    if (domain === "never.example") {
      return Effect.andThen(Deferred.succeed(began, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
    }
    return Effect.succeed(domain === "down.example" ? indeterminate : verified)
  }
})

const { method } = VerificationService
const question = (domain: string) =>
  ({ question: { domain, service: "xmpp-server", presented: { case: "certificate", value: "MAA=" } } }) as const

describe("a call", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("a verdict that is no yes is an answer", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const { answer } = yield* call(method.verify, question("down.example"))
        assert.deepStrictEqual([answer?.valid, answer?.verdict, answer?.retryAfterMs], [
          false,
          "indeterminate",
          30_000n
        ])
      }))

    it.effect("a defect says nothing of its cause", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const { message, reason, status } = yield* Effect.flip(call(method.verify, question("defect.example")))
        assert.deepStrictEqual([status, reason], ["INTERNAL", "InternalError"])
        assert.notInclude(message, "secret")
      }))

    it.effect("a field of a later version is refused", () =>
      Effect.gen(function*() {
        const { client } = yield* openClient((yield* Service).grpcUrl)
        const later = (octets: Uint8Array) => Buffer.concat([octets, Buffer.from([0xa0, 0x06, 0x01])]) // field 100: 1
        const inner = {
          ...question("remembered.example").question,
          $typeName: "posh.v1.Question",
          prooftypes: []
        } as never
        for (
          const message of [
            later(toBinary(VerifyRequestSchema, { $typeName: "posh.v1.VerifyRequest", question: inner })),
            withUnknownInside(toBinary(VerifyRequestSchema, { $typeName: "posh.v1.VerifyRequest", question: inner }))
          ]
        ) {
          const error = yield* Effect.callback<string>((resume) =>
            void client.makeUnaryRequest(
              pathOf(method.verify),
              (octets: Uint8Array) => Buffer.from(octets),
              (octets) => fromBinary(VerifyResponseSchema, octets),
              message,
              (failure) => resume(Effect.succeed(failure?.details ?? "answered"))
            )
          )
          assert.match(error, /no such member: the field has the number 100/)
        }
      }))

    it.effect("its cancellation is that of the question", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const asked = yield* Effect.forkChild(Effect.result(call(method.verify, question("never.example"))))
        yield* Deferred.await(began)
        yield* Fiber.interrupt(asked)
        yield* Deferred.await(interrupted)
      }), 10_000)

    it.effect("its deadline is that of the question", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const { status } = yield* Effect.flip(
          call(method.verify, question("never.example"), { deadline: Date.now() + 200 })
        )
        assert.strictEqual(status, "DEADLINE_EXCEEDED")
      }), 10_000)

    it.effect("10,000 calls over one connection", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const answers = yield* Effect.forEach(
          Array.from({ length: 10_000 }),
          () => call(method.verify, question("remembered.example")),
          { concurrency: 200 }
        )
        assert.isTrue(answers.every(({ answer }) => answer?.valid === true))
      }), 60_000)

    it.effect("1,000 of one batch, and no more", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const batch = (length: number) => ({
          requests: Array.from({ length }, (_, index) => ({ id: String(index), ...question("remembered.example") }))
        })
        const { results } = yield* call(method.batchVerify, batch(1_000))
        assert.deepStrictEqual(results.map(({ id }) => id), Array.from({ length: 1_000 }, (_, index) => String(index)))
        const { field, status } = yield* Effect.flip(call(method.batchVerify, batch(1_001)))
        assert.deepStrictEqual([status, field], ["INVALID_ARGUMENT", "requests"])
      }), 30_000)

    it.effect("a message that is too long", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const { question: asked } = question("a.example")
        const long = {
          question: { ...asked, presented: { case: "certificate", value: "A".repeat(1024 * 1024) } }
        } as const
        const { reason, status } = yield* Effect.flip(call(method.verify, long))
        assert.deepStrictEqual([status, reason], ["RESOURCE_EXHAUSTED", "PayloadTooLarge"])
      }))

    it.effect("a method that does not exist", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const missing = { ...method.verify, name: "Falsify" }
        assert.strictEqual((yield* Effect.flip(call(missing, question("a.example")))).status, "UNIMPLEMENTED")
      }))
  })
})

describe("authentication", () => {
  const { bearer, callers } = fleetKeys
  const lint = { document: "{}", generation: "rfc7711" }
  it.layer(Service.layer(verifier, { grpc: true, callers }), { excludeTestServices: true })((it) => {
    it.effect.each<readonly [string, Readonly<Record<string, string>>, string, string | undefined]>([
      ["no key", {}, "UNAUTHENTICATED", "Unauthorized"],
      ["an unknown key", { authorization: `Bearer ${"x".repeat(32)}` }, "UNAUTHENTICATED", "Unauthorized"],
      ["a key without the scope", bearer("verify"), "PERMISSION_DENIED", "Forbidden"],
      ["a key with the scope", bearer("admin"), "OK", undefined]
    ])("%s", ([, headers, status, reason]) =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl)
        const done = yield* Effect.result(call(method.lintDocument, lint, { headers }))
        if (Result.isSuccess(done)) return assert.strictEqual(status, "OK")
        assert.deepStrictEqual([done.failure.status, done.failure.reason], [status, reason])
      }))
  })
})

/** The same with an unknown field in the question, whose length fits into one octet. */
const withUnknownInside = (octets: Uint8Array): Uint8Array => {
  const [tag = 0, length = 0, ...inner] = octets
  return Uint8Array.from([tag, length + 3, ...inner, 0xa0, 0x06, 0x01])
}
