/** Callers that reset a call without an error. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { flags, frame, openRaw, u32, verifyBlock } from "./frames.ts"
import { enveloped, headersOf, openSession, statusOf, verifyBody, verifyPath } from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

const verify = Effect.flatMap(openSession(), (session) => statusOf(session, headersOf(verifyPath), verifyBody()))

const answeredBy = (status: string) =>
  Effect.timeout(Effect.repeat(Effect.scoped(verify), { until: (some) => some === status }), "5 seconds")

/** One call with its body, and its reset. */
const sendReset = (id: number, body: Buffer, code: number): Buffer =>
  Buffer.concat([
    frame("headers", id, verifyBlock, flags.endHeaders),
    frame("windowUpdate", 0, u32(60_000)),
    ...Array.from(
      { length: Math.ceil(body.length / 16_000) },
      (_, part) => frame("data", id, body.subarray(part * 16_000, (part + 1) * 16_000))
    ),
    frame("reset", id, u32(code))
  ])

describe("calls that their callers reset", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { maxInFlight: 4 } }), { excludeTestServices: true })((it) => {
    it.effect.each([0, 8])(
      "behind a question that memory answers, with %s: nothing throws",
      (code) =>
        Effect.gen(function*() {
          const uncaught: Array<unknown> = []
          const note = (error: unknown) => void uncaught.push(error)
          yield* Effect.acquireRelease(
            Effect.sync(() => process.on("uncaughtException", note)),
            () => Effect.sync(() => process.off("uncaughtException", note))
          )
          const socket = yield* openRaw({ reads: false })
          let answered = 0
          socket.on(
            "data",
            (octets: Buffer) => answered += octets.includes(frame("ping", 0, Buffer.alloc(8), flags.ack)) ? 1 : 0
          )
          socket.write(Buffer.concat([sendReset(1, verifyBody(), code), frame("ping", 0, Buffer.alloc(8))]))
          yield* until(() => answered > 0, 5_000)
          assert.strictEqual(yield* verify, "0")
          assert.deepStrictEqual(uncaught, [])
        }),
      10_000
    )

    it.effect(
      "with a body that is refused: their places are free again, though the connection stays",
      () =>
        Effect.gen(function*() {
          const tooMany = enveloped(Buffer.alloc(48_000).fill(Buffer.from([0x0a, 0])))
          const socket = yield* openRaw()
          for (let id = 1; id < 16; id += 2) socket.write(sendReset(id, tooMany, 0))
          yield* answeredBy("14")
          yield* answeredBy("0")
          assert.isFalse(socket.destroyed)
        }),
      15_000
    )
  })
})

describe("calls that are refused when all of their body has arrived", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("end at once, and so do their connections", () =>
      Effect.gen(function*() {
        const tooMany = enveloped(Buffer.alloc(60_000).fill(Buffer.from([0x0a, 0])))
        for (let turn = 0; turn < 4; turn += 1) {
          const session = yield* openSession()
          assert.strictEqual(yield* statusOf(session, headersOf(verifyPath), tooMany), "3")
          yield* Effect.callback<void>((resume) => session.close(() => resume(Effect.void)))
        }
      }).pipe(Effect.timeout("3 seconds")), 10_000)
  })
})
