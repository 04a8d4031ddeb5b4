/** Single calls by foreign clients: statuses with their details, deadlines, cancellation, sizes, compression, metadata. */
import { assert, describe, it } from "@effect/vitest"
import { status as statusOf } from "@grpc/grpc-js"
import { Health, VerificationService } from "@posh/api/grpc"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { Readiness } from "../../../src/service/Readiness.ts"
import { fleetKeys } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../../service/inquiries.ts"
import { indeterminate, verified } from "../../service/verdicts.ts"
import { type CallOptions, jsonOf, messageOf, methodOf, openDriver, type Told } from "./Driver.ts"
import { Drivers, type Language, languages } from "./Drivers.ts"

const { method } = VerificationService
const question = (domain: string, more: object = {}) => ({
  question: { domain, service: "xmpp-server", presented: { case: "certificate" as const, value: "MAA=" }, ...more }
})

interface Hanging {
  readonly began: Deferred.Deferred<void>
  readonly interrupted: Deferred.Deferred<void>
}

/** By domain. */
const hanging = new Map<string, Hanging>()

/** A domain whose question hangs until it is given up. */
const hang = (domain: string): Hanging => {
  const made = { began: Deferred.makeUnsafe<void>(), interrupted: Deferred.makeUnsafe<void>() }
  hanging.set(domain, made)
  return made
}

const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "remembered.example" ? verified : undefined,
  verify: (inquiry) => {
    const domain = domainOf(inquiry)
    const found = hanging.get(domain)
    if (found !== undefined) {
      return Effect.andThen(Deferred.succeed(found.began, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(found.interrupted, undefined))
      )
    }
    if (domain === "defect.example") return Effect.die("the secret of the inside")
    return Effect.succeed(domain === "down.example" ? indeterminate : verified)
  }
})

const open = (language: Language) => Effect.flatMap(Service, ({ grpcUrl }) => openDriver(language, { url: grpcUrl }))
const nameOf = ({ status = -1 }: Told) => statusOf[status]
const options = { excludeTestServices: true, timeout: 600_000 } as const

const ofLength = (length: number) =>
  question("a.example", { presented: { case: "certificate", value: "A".repeat(length) } })
const limit = 1024 * 1024
const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, "x"]))
const known = question("remembered.example")
const unknown = question("a.example")
const inOther = {
  ...method.verify,
  parent: { ...method.verify.parent, typeName: "posh.v2.Nothing" }
} as typeof method.verify

type Row = readonly [name: string, asked: object, options: CallOptions, status: string, reason?: string]
const rows: ReadonlyArray<Row> = [
  ["from memory", known, {}, "OK"],
  ["not from memory", unknown, {}, "OK"],
  ["a verdict that is no yes", question("down.example"), {}, "OK"],
  ["compressed, from memory", known, { gzip: true }, "OK"],
  ["compressed, and large", ofLength(600 * 1024), { gzip: true }, "OK"],
  ["a defect", question("defect.example"), {}, "INTERNAL", "InternalError"],
  ["a field at fault", question("a.example", { deadlineMs: 1 }), {}, "INVALID_ARGUMENT", "InvalidRequest"],
  ["no question", {}, {}, "INVALID_ARGUMENT", "InvalidRequest"],
  ["too long", ofLength(limit), {}, "RESOURCE_EXHAUSTED", "PayloadTooLarge"],
  ["too long, compressed to a kilobyte", ofLength(limit), { gzip: true }, "RESOURCE_EXHAUSTED"],
  [
    "metadata of its own",
    unknown,
    { headers: { "x-own": "1", traceparent: "junk" }, binary: { "own-bin": "00ff" } },
    "OK"
  ],
  [
    "reserved names",
    unknown,
    { headers: { "grpc-own": "1" }, binary: { "grpc-trace-bin": "ff", "grpc-tags-bin": "" } },
    "OK"
  ]
]

describe("foreign calls", () => {
  it.layer(Layer.merge(Service.layer(verifier, { grpc: true }), Drivers.layer), options)((it) => {
    for (const language of languages) {
      it.effect(`${language}: statuses, with what is in their details`, () =>
        Effect.gen(function*() {
          const { call } = yield* open(language)
          for (const [name, asked, options, status, reason] of rows) {
            const told = yield* call(method.verify, asked, options)
            const domain = reason === undefined ? undefined : "posh"
            assert.deepStrictEqual(
              [name, nameOf(told), told.reason, told.domain],
              [name, status, reason, domain],
              told.text
            )
            assert.notInclude(told.text ?? "", "secret")
          }
        }).pipe(Effect.scoped))

      it.effect(`${language}: what is no method, or has 200 fields, leaves others alone`, () =>
        Effect.gen(function*() {
          const { call } = yield* open(language)
          const missing = { ...method.verify, name: "Falsify" } as typeof method.verify
          assert.strictEqual(nameOf(yield* call(missing, known)), "UNIMPLEMENTED")
          assert.strictEqual(nameOf(yield* call(inOther, known)), "UNIMPLEMENTED")
          assert.notStrictEqual(nameOf(yield* call(method.verify, known, { headers: many })), "OK")
          assert.isTrue(messageOf(method.verify, yield* call(method.verify, known)).answer?.valid)
        }).pipe(Effect.scoped))

      it.effect(`${language}: its deadline, and the work behind it ends`, () =>
        Effect.gen(function*() {
          const domain = `deadline.${language}.example`
          const { interrupted } = hang(domain)
          const { call } = yield* open(language)
          const told = yield* call(method.verify, question(domain), { timeoutMs: 300 })
          assert.strictEqual(nameOf(told), "DEADLINE_EXCEEDED")
          yield* Deferred.await(interrupted)
        }).pipe(Effect.scoped), 20_000)

      it.effect.each(["cancelled", "killed"])(
        `${language}: a client that is %s, and the work behind its call ends`,
        (how) =>
          Effect.gen(function*() {
            const domain = `${how}.${language}.example`
            const { began, interrupted } = hang(domain)
            const { call, kill } = yield* open(language)
            const asked = yield* Effect.forkChild(call(method.verify, question(domain)))
            yield* Deferred.await(began)
            yield* (how === "killed" ? kill : Fiber.interrupt(asked))
            yield* Deferred.await(interrupted)
            yield* Fiber.interrupt(asked)
          }).pipe(Effect.scoped),
        20_000
      )

      it.effect(
        `${language}: a stream that is cancelled, and the work behind its questions ends`,
        () =>
          Effect.gen(function*() {
            const names = ["one", "two"].map((name) => `${name}.${language}.example`)
            const hung = names.map(hang)
            const { begin } = yield* open(language)
            const requests = names.map((domain) => jsonOf(method.verifyStream, { request: question(domain) }))
            const stream = begin({ do: "stream", ...methodOf(method.verifyStream), requests })
            yield* Effect.forEach(hung, ({ began }) => Deferred.await(began))
            stream.tell({ do: "cancel" })
            yield* Effect.forEach(hung, ({ interrupted }) => Deferred.await(interrupted))
            assert.strictEqual(nameOf(yield* stream.next), "CANCELLED")
          }).pipe(Effect.scoped),
        20_000
      )

      it.effect(`${language}: health, checked and watched`, () =>
        Effect.gen(function*() {
          const { become } = yield* Readiness
          yield* become("ready")
          const { begin, call } = yield* open(language)
          const { check, watch } = Health.method
          const watched = begin({ do: "stream", ...methodOf(watch), requests: [{}] })
          const says = (status: string) =>
            Effect.map(watched.next, ({ message }) => assert.deepEqual<unknown>(message, { status }))
          yield* says("SERVING")
          for (const service of ["", "posh.v1.VerificationService"]) {
            const { message, status } = yield* call(check, { service })
            assert.deepStrictEqual([status, message as unknown], [0, { status: "SERVING" }])
          }
          assert.strictEqual(nameOf(yield* call(check, { service: "gopher" })), "NOT_FOUND")
          yield* become("stopping")
          yield* says("NOT_SERVING")
          watched.tell({ do: "cancel" })
          assert.strictEqual(nameOf(yield* watched.next), "CANCELLED")
        }).pipe(Effect.scoped), 20_000)
    }
  })
})

describe("foreign callers with keys", () => {
  const { bearer, callers } = fleetKeys
  const service = Service.layer(verifier, { grpc: true, callers, limits: { callerRate: 1 } })
  const { authorization } = bearer("verify")
  const wrong: ReadonlyArray<readonly [name: string, headers: Readonly<Record<string, string>>]> = [
    ["no key", {}],
    ["an unknown key", { authorization: `Bearer ${"x".repeat(32)}` }],
    ["another scheme", { authorization: authorization.replace("Bearer", "Basic") }],
    ["the key twice", { authorization: `${authorization}, ${authorization}` }],
    ["the key in another field", { "x-api-key": authorization }],
    ["a key of 10 KiB", { authorization: `Bearer ${"x".repeat(10_000)}` }]
  ]

  it.layer(Layer.merge(service, Drivers.layer), options)((it) => {
    it.effect.each(languages)("%s: wrong keys", (language) =>
      Effect.gen(function*() {
        const { call } = yield* open(language)
        for (const [name, headers] of wrong) {
          const told = yield* call(method.verify, unknown, { headers })
          assert.deepStrictEqual([name, nameOf(told), told.reason], [name, "UNAUTHENTICATED", "Unauthorized"])
        }
        const lint = { document: "{}", generation: "rfc7711" }
        const told = yield* call(method.lintDocument, lint, { headers: bearer("verify") })
        assert.deepStrictEqual([nameOf(told), told.reason], ["PERMISSION_DENIED", "Forbidden"])
      }).pipe(Effect.scoped))

    it.effect.each(languages)("%s: over its rate, it learns when to ask again", (language) =>
      Effect.gen(function*() {
        const { call } = yield* open(language)
        const asked = call(method.verify, unknown, { headers: bearer("verify") })
        const told = yield* Effect.repeat(asked, { until: ({ status }) => status !== 0, times: 50 })
        assert.deepStrictEqual([nameOf(told), told.reason], ["RESOURCE_EXHAUSTED", "TooManyRequests"])
        assert.isAbove(told.retryMs ?? 0, 0)
        assert.isAtMost(told.retryMs ?? 0, 1_000)
      }).pipe(Effect.scoped))
  })
})
