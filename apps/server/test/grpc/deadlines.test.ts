/** Deadlines that no timer of Node.js can wait for. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { headersOf, openSession, statusOf, verifyBody, verifyPath } from "./wire.ts"

/** Takes longer than a timer that is set too late, which ends after a millisecond. */
const verifier = layerAnswering({
  recall: () => undefined,
  verify: () => Effect.as(Effect.sleep("20 millis"), verified)
})

describe("deadlines of months", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect.each([
      { "grpc-timeout": "99999999H" },
      { "grpc-timeout": "99999999M" },
      { "grpc-timeout": "2592000S" },
      { "grpc-timeout": "2147484S" },
      { "grpc-timeout": "99999999m" }
    ])("are none that have passed: %o", (headers) =>
      Effect.gen(function*() {
        const session = yield* openSession()
        assert.strictEqual(yield* statusOf(session, headersOf(verifyPath, headers), verifyBody()), "0")
      }), 10_000)
  })
})
