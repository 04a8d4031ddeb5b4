/** A flight that dies of a fault of ours gives no answer, and somebody hears of it: DNS, issuers, documents, reads. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Logger } from "effect"
import { makeFlights } from "../../src/cache/Flights.ts"

const isDefect = (message: unknown, defect: Error) => Array.isArray(message) && message.includes(defect)

describe("a flight", () => {
  const defect = new Error("a fault of ours")
  const rows = [
    { name: "dies", work: Effect.die(defect), logs: 1 },
    { name: "is interrupted", work: Effect.interrupt, logs: 0 },
    { name: "answers", work: Effect.succeed("an answer"), logs: 0 }
  ]
  it.effect.each(rows)("that $name is logged $logs times", ({ logs, work }) =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      const { join } = yield* makeFlights<string>((cause) => Cause.hasInterruptsOnly(cause) ? "cancelled" : "lost")
      yield* Effect.provide(
        join("key", () => work, { ms: 1_000, onLate: () => "late" }),
        Logger.layer([logger])
      )
      assert.strictEqual(logged.filter((message) => isDefect(message, defect)).length, logs)
    }))
})
