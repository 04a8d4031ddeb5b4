/** Many calls of foreign clients over one connection, and one that reads nothing. */
import { create, toJson } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { VerificationService, VerifyRequestSchema, VerifyStreamRequestSchema } from "@posh/api/grpc"
import { Effect, Latch, Layer } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"
import { jsonOf, messageOf, methodOf, openDriver, plain, type Told } from "./Driver.ts"
import { Drivers, languages } from "./Drivers.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void
setFlagsFromString("--no-expose-gc")

const latch = Latch.makeUnsafe()
const state = { asked: 0 }
const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "remembered.example" ? verified : undefined,
  verify: (inquiry) => {
    if (domainOf(inquiry) === "late.example") return Effect.as(latch.await, verified)
    return Effect.sync(() => (state.asked += 1, verified))
  }
})

const { verify, verifyStream } = VerificationService.method
const question = (domain: string, explain = false) => ({
  domain,
  service: "xmpp-server",
  explain,
  presented: { case: "certificate" as const, value: "MAA=" }
})
const remembered = toJson(
  VerifyRequestSchema,
  create(VerifyRequestSchema, { question: question("remembered.example") })
)
const inStream = (domain: string, explain = false) =>
  toJson(
    VerifyStreamRequestSchema,
    create(VerifyStreamRequestSchema, { request: { question: question(domain, explain) } })
  )
const counted = ({ message, text }: Told): Readonly<Record<string, number>> => message ?? { [String(text)]: 1 }

describe("load of foreign clients", () => {
  it.layer(Layer.merge(Service.layer(verifier, { grpc: true }), Drivers.layer), {
    excludeTestServices: true,
    timeout: 600_000
  })((it) => {
    const open = (language: "Go" | "Python") =>
      Effect.flatMap(Service, ({ grpcUrl }) => openDriver(language, { url: grpcUrl }))

    it.effect("Go: 10,000 calls over one connection", () =>
      Effect.gen(function*() {
        const { begin } = yield* open("Go")
        const told = yield* begin({ do: "repeat", request: remembered, count: 10_000, parallel: 100 }).next
        assert.deepStrictEqual(counted(told), { valid: 10_000, dials: 1 })
      }).pipe(Effect.scoped))

    it.effect("Go: compressed calls, 50 at a time", () =>
      Effect.gen(function*() {
        const { begin } = yield* open("Go")
        const command = { do: "repeat", request: remembered, count: 2_000, parallel: 50, gzip: true }
        assert.deepStrictEqual(counted(yield* begin(command).next), { valid: 2_000, dials: 1 })
      }).pipe(Effect.scoped))

    it.effect("Python: 2,000 calls over one channel", () =>
      Effect.gen(function*() {
        const { begin } = yield* open("Python")
        const told = yield* begin({ do: "repeat", request: remembered, count: 2_000, parallel: 50 }).next
        assert.deepStrictEqual(counted(told), { valid: 2_000 })
      }).pipe(Effect.scoped))

    it.effect("Go: 1,000 streams at once over one connection, each with its own results", () =>
      Effect.gen(function*() {
        const { begin } = yield* open("Go")
        const command = { do: "streams", request: inStream("remembered.example"), count: 1_000, each: 2 }
        assert.deepStrictEqual(counted(yield* begin(command).next), { own: 4_000, dials: 1 })
      }).pipe(Effect.scoped))

    it.effect("Go: of more streams than a connection has places, the rest waits", () =>
      Effect.gen(function*() {
        const { begin } = yield* open("Go")
        const told = yield* begin({ do: "repeat", request: remembered, count: 3_000, parallel: 1_500 }).next
        assert.deepStrictEqual(counted(told), { valid: 3_000, dials: 1 })
      }).pipe(Effect.scoped))

    it.effect.each(languages)(
      "%s: results of a stream come as they are ready, by their id",
      (language) =>
        Effect.gen(function*() {
          yield* latch.close
          const { begin } = yield* open(language)
          const asked = (id: string, domain: string) =>
            jsonOf(verifyStream, { request: { id, question: question(domain) } })
          const stream = begin({
            do: "stream",
            ...methodOf(verifyStream),
            requests: [asked("late", "late.example")],
            ...plain()
          })
          const take = Effect.map(stream.next, (told) => messageOf(verifyStream, told).result)
          stream.tell({ do: "send", request: asked("now", "remembered.example") })
          stream.tell({ do: "send", request: {} })
          const early = [yield* take, yield* take]
          assert.sameDeepMembers(early.map((result) => [result?.id, result?.result.case]), [["now", "answer"], [
            undefined,
            "problem"
          ]])
          stream.tell({ do: "send", request: asked("then", "a.example") })
          assert.strictEqual((yield* take)?.id, "then")
          yield* latch.open
          assert.strictEqual((yield* take)?.id, "late")
          stream.tell({ do: "end" })
          assert.strictEqual((yield* stream.next).status, 0)
        }).pipe(Effect.scoped),
      20_000
    )

    it.effect(
      "Go: a reader that stands still holds nobody up and no memory, and gets all in the end",
      () =>
        Effect.gen(function*() {
          const { begin, call } = yield* open("Go")
          const total = 10_000 // more than windows and buffers hold on the way
          state.asked = 0
          const held = () => (collect(), process.memoryUsage())
          const before = held()
          const stalled = begin({ do: "stall", request: inStream("a.example", true), count: total })
          const settled = Effect.suspend(() => {
            const asked = state.asked
            return Effect.map(Effect.sleep("300 millis"), () => asked > 0 && state.asked === asked)
          })
          yield* Effect.repeat(settled, { until: (isSettled) => isSettled })
          const { asked } = { ...state }
          assert.isBelow(asked, 2_000)
          const after = held()
          const grown = after.heapUsed + after.external - before.heapUsed - before.external
          assert.isBelow(grown, 16 * 1024 * 1024)
          // Others on the same connection.
          const others = yield* begin({ do: "repeat", request: remembered, count: 2_000, parallel: 50 }).next
          assert.deepStrictEqual(counted(others), { valid: 2_000, dials: 1 })
          assert.strictEqual((yield* call(verify, { question: question("b.example") })).status, 0)
          assert.strictEqual(state.asked, asked + 1)
          stalled.tell({ do: "resume" })
          const { results = 0, sentBefore = total } = counted(yield* stalled.next)
          assert.strictEqual(results, total)
          assert.isBelow(sentBefore, total)
        }).pipe(Effect.scoped),
      60_000
    )
  })
})
