import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { runNowIn } from "../../src/simulate/time/runNow.ts"
import { makeVirtualTime } from "../../src/simulate/time/VirtualTime.ts"

describe("virtual time", () => {
  it("calls back in the order of the instants, and of one instant in the order in which they were asked for", () => {
    const time = makeVirtualTime(1_000)
    const seen: Array<string> = []
    const note = (name: string) => () => void seen.push(`${name} ${time.now()}`)
    time.at(1_300, note("c"))
    time.at(1_100, note("a"))
    time.at(1_100, note("b"))
    time.at(1_200, note("cancelled")).cancelled = true
    time.at(5, note("at once"))
    time.at(1_400, note("later"))
    assert.strictEqual(time.next(), 1_000)
    time.advanceTo(1_399)
    assert.deepStrictEqual(seen, ["at once 1000", "a 1100", "b 1100", "c 1300"])
    assert.strictEqual(time.now(), 1_399)
    assert.strictEqual(time.next(), 1_400)
  })

  it("lets fibers sleep, time out and be interrupted without real time", () => {
    const time = makeVirtualTime(0)
    const seen: Array<string> = []
    const sleeper = (name: string, ms: number) =>
      Effect.sleep(ms).pipe(
        Effect.andThen(Clock.currentTimeMillis),
        Effect.map((now) => void seen.push(`${name} ${now}`))
      )
    const slow = Effect.timeoutOrElse(sleeper("never", 10_000), {
      duration: 700,
      orElse: () => sleeper("late", 0)
    })
    const runFork = Effect.runForkWith(time.context)
    runFork(Effect.all([sleeper("two", 200), sleeper("one", 100), slow], { concurrency: "unbounded" }))
    const interrupted = runFork(sleeper("interrupted", 300))
    time.drain()
    time.advanceTo(250)
    runFork(Fiber.interrupt(interrupted))
    time.advanceTo(86_400_000)
    assert.deepStrictEqual(seen, ["one 100", "two 200", "late 700"])
    assert.strictEqual(time.next(), Number.POSITIVE_INFINITY)
  })

  it("refuses to run at once what waits", () => {
    const time = makeVirtualTime(0)
    const runNow = runNowIn(time, time.context)
    assert.strictEqual(runNow(Effect.andThen(Effect.yieldNow, Effect.succeed(1))), 1)
    assert.throws(() => runNow(Effect.sleep(1)), /waits/)
    assert.throws(() => runNow(Effect.fail("no")), /failed/)
  })
})
