/**
 * The life of workers, over processes that are none and a clock that the test moves.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Result } from "effect"
import { TestClock } from "effect/testing"
import { readSettings } from "../../src/config/Config.ts"
import { addCounts, countsLength, gaugesLength } from "../../src/telemetry/samples.ts"
import { Crew } from "../../src/workers/Crew.ts"
import type { ToParent, ToWorker } from "../../src/workers/messages.ts"
import { superviseSlot } from "../../src/workers/superviseSlot.ts"
import type { Ending, StartWorker } from "../../src/workers/WorkerProcess.ts"

interface Fake {
  readonly got: Array<ToWorker>
  readonly say: (message: ToParent) => void
  readonly end: (ending: Ending) => void
  readonly signals: Array<string>
}

const settings = {
  ...Result.getOrThrow(readSettings({ POSH_REDIS_URL: "redis://127.0.0.1", POSH_WORKERS: "2" })),
  port: 0,
  workerTimeout: 6_000
}

/** Two supervised places; `started` has all processes so far, in the order of their start. */
const makeWorld = Effect.gen(function*() {
  const started: Array<Fake> = []
  const lines: Array<string> = []
  const start: StartWorker = (onMessage) => {
    const ended = Deferred.makeUnsafe<Ending>()
    const fake: Fake = {
      got: [],
      signals: [],
      say: onMessage,
      end: (ending) => void Deferred.doneUnsafe(ended, Exit.succeed(ending))
    }
    started.push(fake)
    return {
      pid: started.length,
      send: (message) => void fake.got.push(message),
      kill: (signal) => {
        fake.signals.push(signal)
        if (signal === "SIGKILL") fake.end({ code: null, signal })
      },
      ended: Deferred.await(ended),
      closed: Effect.void
    }
  }
  const crew = Context.get(yield* Layer.build(Crew.layer(settings)), Crew)
  const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
  const fibers = yield* Effect.forEach(crew.slots, (slot) =>
    superviseSlot(crew, settings, slot, start).pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.forkChild({ startImmediately: true })
    ))
  const at = (index: number): Fake => started[index] ?? assert.fail(`${started.length} processes were started`)
  return { at, crew, fibers, lines, started }
})

const ready: ToParent = { _tag: "Ready", url: "http://127.0.0.1:4711" }
const killed: Ending = { code: null, signal: "SIGKILL" }
const counts = (first: number) => Array.from({ length: countsLength }, (_, index) => index === 0 ? first : 0)
const pass = (seconds: number) => TestClock.adjust(`${seconds} seconds`)

describe("a worker", () => {
  it.effect("that dies is replaced, under its number and on the bound port, and counted; what it counted stays", () =>
    Effect.gen(function*() {
      const { at, crew, lines, started } = yield* makeWorld
      assert.deepInclude(at(0).got[0], { _tag: "Start", worker: 1, workers: 2, port: 0 })
      assert.strictEqual(crew.state(), "starting")
      at(0).say(ready)
      assert.strictEqual(crew.state(), "degraded", "one of two")
      at(1).say(ready)
      assert.strictEqual(crew.state(), "ready")
      at(0).say({ _tag: "Report", state: "ready", counts: counts(7) })

      at(0).end(killed)
      yield* pass(0)
      assert.strictEqual(crew.state(), "degraded")
      yield* pass(1)
      assert.lengthOf(started, 3)
      assert.deepInclude(
        at(2).got[0],
        { _tag: "Start", worker: 1, port: 0 },
        "the socket of the other one still listens"
      )
      at(2).say(ready)
      assert.strictEqual(crew.state(), "ready")
      assert.match(lines.join("\n"), /worker 1 ended \(signal SIGKILL\); another starts in 0\.\d s/)
      assert.strictEqual(crew.own.cell("posh_worker_restarts_total", { reason: "signal" }).value, 1)

      const scrape = yield* Effect.forkChild(crew.metrics, { startImmediately: true })
      const gauges = Array.from({ length: gaugesLength }, () => 0)
      for (const index of [1, 2]) at(index).say({ _tag: "Report", state: "ready", counts: addCounts([]), gauges })
      assert.match(yield* Fiber.join(scrape), /^posh_verdicts_total\{.*verdict="verified".*\} 7$/m)
    }))

  it.effect("that dies last leaves its port to the next one", () =>
    Effect.gen(function*() {
      const { at } = yield* makeWorld
      for (const index of [0, 1]) at(index).say(ready)
      for (const index of [0, 1]) at(index).end(killed)
      yield* pass(1)
      assert.deepInclude(at(2).got[0], { port: 4711 })
      assert.deepInclude(at(3).got[0], { port: 4711 })
    }))

  it.effect("that does not answer makes the service degraded, and is killed when its time is over", () =>
    Effect.gen(function*() {
      const { at, crew, lines, started } = yield* makeWorld
      for (const index of [0, 1]) at(index).say(ready)
      const answer = (index: number) => at(index).say({ _tag: "Report", state: "ready" })
      for (let second = 1; second <= 20; second += 1) {
        yield* pass(1)
        for (const index of [0, 1]) answer(index)
      }
      assert.strictEqual(crew.state(), "ready")
      const polls = at(0).got.length
      for (let second = 1; second <= 3; second += 1) {
        yield* pass(1)
        answer(1)
      }
      assert.strictEqual(crew.state(), "degraded")
      assert.deepStrictEqual(at(0).signals, [])
      for (let second = 1; second <= 5; second += 1) {
        yield* pass(1)
        answer(1)
      }
      assert.deepStrictEqual(at(0).signals, ["SIGKILL"])
      assert.isAtMost(at(0).got.length, polls + 1, "no queue of polls that nobody reads")
      assert.strictEqual(crew.own.cell("posh_worker_restarts_total", { reason: "unresponsive" }).value, 1)
      assert.match(lines.join("\n"), /worker 1 has not responded for 6\.0 s and is killed/)
      assert.lengthOf(started, 3)
    }))

  it.effect("that has not started yet may be silent for longer", () =>
    Effect.gen(function*() {
      const { at } = yield* makeWorld
      yield* pass(50)
      assert.deepStrictEqual(at(0).signals, [])
      yield* pass(20)
      assert.deepStrictEqual(at(0).signals, ["SIGKILL"])
    }))

  it.effect("whose configuration is at fault ends the service at its start, with that fault", () =>
    Effect.gen(function*() {
      const { at, fibers: [first] } = yield* makeWorld
      at(0).say({ _tag: "Failed", message: "POSH_HOST, POSH_PORT: cannot listen" })
      at(0).end({ code: 1, signal: null })
      yield* pass(0)
      const error = yield* Effect.flip(Fiber.join(first!))
      assert.strictEqual(error.message, "POSH_HOST, POSH_PORT: cannot listen")
    }))

  it.effect("whose configuration is at fault later is tried again, while the other one serves", () =>
    Effect.gen(function*() {
      const { at, lines, started } = yield* makeWorld
      for (const index of [0, 1]) at(index).say(ready)
      at(0).end(killed)
      for (let attempt = 2; attempt < 12; attempt += 1) {
        yield* pass(31)
        at(1).say({ _tag: "Report", state: "ready" })
        at(attempt).say({ _tag: "Failed", message: "POSH_TLS_CERT_FILE: is no certificate" })
        at(attempt).end({ code: 1, signal: null })
        yield* pass(0)
      }
      assert.isAtLeast(started.length, 12)
      assert.include(lines.join("\n"), "worker 1 ended (POSH_TLS_CERT_FILE: is no certificate)")
    }))

  it.effect("that cannot start, like all others, ends the service after five attempts, with the reason", () =>
    Effect.gen(function*() {
      const { at, fibers, started } = yield* makeWorld
      for (let attempt = 0; attempt < 10; attempt += 1) {
        at(attempt).end({ code: null, signal: "SIGABRT" })
        yield* pass(attempt % 2 === 0 ? 0 : 10)
      }
      assert.isAtMost(started.length, 11)
      const error = yield* Effect.flip(Effect.raceAllFirst(fibers.map((fiber) => Fiber.join(fiber))))
      assert.strictEqual(error.message, "no worker can start: signal SIGABRT")
    }))

  it.effect("that ends while the service stops is not replaced", () =>
    Effect.gen(function*() {
      const { at, crew, fibers, started } = yield* makeWorld
      for (const index of [0, 1]) at(index).say(ready)
      crew.beginStop()
      assert.strictEqual(crew.state(), "stopping")
      for (const index of [0, 1]) at(index).end({ code: 0, signal: null })
      yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
      yield* pass(60)
      assert.lengthOf(started, 2)
    }))
})
