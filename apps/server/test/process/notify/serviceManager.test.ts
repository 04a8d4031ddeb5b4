/**
 * When the service reports to the service manager, and when it does not.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { NotifyError, type Send } from "../../../src/process/notify/send.ts"
import { makeServiceManager, type Vitals } from "../../../src/process/notify/ServiceManager.ts"

const well: Vitals = { status: "ready", isHealthy: true }

const makeWorld = (watchdogMs: number | undefined, send?: Send) =>
  Effect.gen(function*() {
    const sent: Array<string> = []
    const noting: Send = (fields) => Effect.sync(() => void sent.push(fields.join(" ")))
    const vitals = yield* Ref.make(well)
    const manager = makeServiceManager({ socket: "/none", watchdogMs }, send ?? noting)
    return { manager, sent, vitals, take: () => sent.splice(0) }
  })

describe("reports to the service manager", () => {
  it.effect("ready once; then two pings in each watchdog interval, until the scope closes", () =>
    Effect.gen(function*() {
      const { manager, take, vitals } = yield* makeWorld(30_000)
      const scope = yield* Scope.make()
      yield* Scope.provide(manager.reportReady(Ref.get(vitals)), scope)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(take(), ["READY=1 STATUS=ready", "WATCHDOG=1 STATUS=ready"])
      yield* TestClock.adjust("14 seconds")
      assert.deepStrictEqual(take(), [])
      yield* Ref.set(vitals, { status: "degraded", isHealthy: true })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(take(), ["WATCHDOG=1 STATUS=degraded"], "a lost dependency is no reason to restart")
      yield* TestClock.adjust("45 seconds")
      assert.strictEqual(take().length, 3)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(take(), [])
    }))

  it.effect("no ping while the service is unhealthy, and again when it is healthy", () =>
    Effect.gen(function*() {
      const { manager, take, vitals } = yield* makeWorld(10_000)
      yield* manager.reportReady(Ref.get(vitals))
      yield* TestClock.adjust(0)
      take()
      yield* Ref.set(vitals, { status: "not listening", isHealthy: false })
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(take(), [])
      yield* Ref.set(vitals, well)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(take(), ["WATCHDOG=1 STATUS=ready"])
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([]))))

  it.effect("no pings without a watchdog", () =>
    Effect.gen(function*() {
      const { manager, take, vitals } = yield* makeWorld(undefined)
      yield* manager.reportReady(Ref.get(vitals))
      yield* TestClock.adjust("1 hour")
      yield* manager.reportStopping
      assert.deepStrictEqual(take(), ["READY=1 STATUS=ready", "STOPPING=1 STATUS=stopping"])
    }).pipe(Effect.scoped))

  it.effect("a failing report is logged once, and the next one is sent", () =>
    Effect.gen(function*() {
      const lines: Array<unknown> = []
      const tried: Array<string> = []
      const failing: Send = (fields) =>
        Effect.andThen(
          Effect.sync(() => tried.push(fields[0] ?? "")),
          Effect.fail(new NotifyError({ cause: new Error("spawn systemd-notify ENOENT") }))
        )
      const { manager, vitals } = yield* makeWorld(10_000, failing)
      yield* Effect.gen(function*() {
        yield* manager.reportReady(Ref.get(vitals))
        yield* TestClock.adjust("10 seconds")
        yield* manager.reportStopping
      }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => void lines.push(message))])))
      assert.deepStrictEqual(tried, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"])
      assert.deepStrictEqual(lines.map(String), [
        "cannot report to the service manager (NOTIFY_SOCKET): spawn systemd-notify ENOENT"
      ])
    }).pipe(Effect.scoped))
})
