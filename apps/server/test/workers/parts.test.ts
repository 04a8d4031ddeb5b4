/**
 * The parts that decide: settings, shares, states, messages, back-off, lines.
 */
import { assert, describe, it } from "@effect/vitest"
import { readyStates } from "@posh/api"
import { defaultPolicy } from "@posh/core"
import { Option, Result } from "effect"
import { PassThrough } from "node:stream"
import { readSettings } from "../../src/config/Config.ts"
import { budgetsOfOne, settingsOfOne } from "../../src/config/perWorker.ts"
import { bodyBounds } from "../../src/service/limits/Bodies.ts"
import type { State } from "../../src/service/Readiness.ts"
import { countsLength, gaugesLength } from "../../src/telemetry/samples.ts"
import { backOffMs } from "../../src/workers/backOff.ts"
import { decodeToParent, decodeToWorker } from "../../src/workers/messages.ts"
import { overallState } from "../../src/workers/overallState.ts"
import { passLines } from "../../src/workers/passLines.ts"

const redis = { POSH_REDIS_URL: "redis://127.0.0.1" }

describe("POSH_WORKERS", () => {
  const refused: ReadonlyArray<readonly [env: Readonly<Record<string, string>>, fault: RegExp]> = [
    [{ POSH_WORKERS: "2" }, /^POSH_WORKERS: 2 workers share what they learn through Redis; set POSH_REDIS_URL/],
    [{ POSH_WORKERS: "0" }, /^POSH_WORKERS: must be a whole number from 1 to 16; or the word auto$/],
    [{ POSH_WORKERS: "17" }, /^POSH_WORKERS: must be/],
    [{ POSH_WORKERS: "all" }, /^POSH_WORKERS: must be/],
    [
      { ...redis, POSH_WORKERS: "4", POSH_MAX_CONNECTIONS: "3" },
      /^POSH_MAX_CONNECTIONS: must be at least POSH_WORKERS/
    ],
    [{ POSH_WORKER_TIMEOUT: "500ms" }, /^POSH_WORKER_TIMEOUT: must be a duration/]
  ]
  for (const [env, fault] of refused) {
    it(`refuses ${JSON.stringify(env)}`, () => {
      const result = readSettings(env)
      assert.match(Result.isFailure(result) ? result.failure.message : "accepted", fault)
    })
  }
  it("is one by default, and as many as there are cores with auto", () => {
    assert.strictEqual(Result.getOrThrow(readSettings({})).workers, 1)
    const { workers } = Result.getOrThrow(readSettings({ ...redis, POSH_WORKERS: "auto" }))
    assert.isTrue(workers >= 1 && workers <= 16)
    assert.strictEqual(Result.getOrThrow(readSettings({ POSH_WORKERS: "1" })).workers, 1, "without Redis")
  })
})

describe("the limits of one worker", () => {
  const settings = Result.getOrThrow(readSettings({}))

  it("are all of them if it is alone", () => {
    assert.deepStrictEqual(settingsOfOne(settings, 1), settings)
    assert.deepStrictEqual(budgetsOfOne(1), defaultPolicy.budgets)
    assert.deepStrictEqual(bodyBounds(1), { all: 256 * 1024 * 1024, one: 65 * 1024 * 1024 })
  })

  it("add up to the limits of the service, for any number of workers", () => {
    const { budgets } = defaultPolicy
    for (let workers = 1; workers <= 16; workers += 1) {
      const one = settingsOfOne(settings, workers)
      const own = budgetsOfOne(workers)
      assert.isAtMost(one.maxConnections * workers, settings.maxConnections)
      for (
        const name of ["perHostConcurrent", "perHostPerMinute", "perHostLookUpsConcurrent", "inFlight"] as const
      ) {
        assert.isAtMost(own[name] * workers, budgets[name], `${name} of ${workers}`)
        assert.isAtLeast(own[name], 1)
      }
      // A batch of 1,000 goes to one worker, and a caller has three quarters of its places.
      assert.isAtLeast(one.maxInFlight, 2_000)
      assert.strictEqual(
        own.perSourceConcurrent,
        budgets.perSourceConcurrent,
        "one process resolves a domain at a time"
      )
      // The largest batch counts twice if it is chunked.
      assert.isAtLeast(bodyBounds(workers).all, 65 * 1024 * 1024)
    }
    assert.strictEqual(settingsOfOne({ ...settings, maxInFlight: 100_000 }, 4).maxInFlight, 25_000)
  })
})

describe("the state of all workers", () => {
  const rows: ReadonlyArray<readonly [workers: ReadonlyArray<State | undefined>, state: State]> = [
    [["ready", "ready"], "ready"],
    [["ready", "degraded"], "degraded"],
    [["ready", "starting"], "degraded"],
    [["ready", undefined], "degraded"],
    [["ready", "stopping"], "degraded"],
    [["degraded", undefined], "degraded"],
    [["starting", undefined], "starting"],
    [[undefined, undefined], "starting"],
    [["stopping", "stopping"], "starting"]
  ]
  for (const [workers, state] of rows) {
    it(`is ${state} with ${workers.map(String).join(" and ")}`, () => {
      assert.strictEqual(overallState(false, workers), state)
      assert.strictEqual(overallState(true, workers), "stopping")
    })
  }
})

describe("messages", () => {
  const counts = Array.from({ length: countsLength }, () => 1)
  const gauges = Array.from({ length: gaugesLength }, () => Number.NaN)
  const rows: ReadonlyArray<readonly [name: string, message: unknown, isTaken: boolean]> = [
    ["ready", { _tag: "Ready", url: "http://127.0.0.1:80" }, true],
    ["ready with an endless URL", { _tag: "Ready", url: "x".repeat(257) }, false],
    ["a report without counts", { _tag: "Report", state: "starting" }, true],
    ["a report", { _tag: "Report", state: "ready", counts, gauges }, true],
    ["counts of another version", { _tag: "Report", state: "ready", counts: [...counts, 1] }, false],
    ["counts that are too few", { _tag: "Report", state: "ready", counts: counts.slice(1) }, false],
    ["a count that is none", { _tag: "Report", state: "ready", counts: counts.with(0, Number.NaN) }, false],
    [
      "a count that is a text",
      { _tag: "Report", state: "ready", counts: (counts as Array<unknown>).with(0, "1") },
      false
    ],
    ["a state that is none", { _tag: "Report", state: "fine" }, false],
    ["a question", { _tag: "Ask", what: "metrics", state: "ready" }, true],
    ["another question", { _tag: "Ask", what: "keys", state: "ready" }, false],
    ["cut requests", { _tag: "Cut", requests: -1 }, false],
    ["another message", { _tag: "Stop" }, false],
    ["no message", "Ready", false],
    ["nothing", undefined, false]
  ]
  for (const [name, message, isTaken] of rows) {
    it(`of a worker: ${name} is ${isTaken ? "taken" : "ignored"}`, () => {
      assert.strictEqual(Option.isSome(decodeToParent(message)), isTaken)
    })
  }
  it("of the parent are taken in every state", () => {
    for (const state of readyStates) assert.isTrue(Option.isSome(decodeToWorker({ _tag: "OverallState", state })))
    assert.isTrue(Option.isNone(decodeToWorker({ _tag: "OverallState", state: "fine" })))
    assert.isTrue(Option.isNone(decodeToWorker({ _tag: "Start", worker: 1, workers: 2, port: -1, isPretty: false })))
  })
})

describe("the back-off", () => {
  it("doubles, is spread over half of it, and ends at half a minute", () => {
    assert.deepStrictEqual([0, 1, 2, 3].map((failures) => backOffMs(failures, 0)), [100, 200, 400, 800])
    assert.strictEqual(backOffMs(3, 1), 400)
    for (const failures of [9, 100, 5_000]) assert.strictEqual(backOffMs(failures, 0), 30_000)
  })
})

describe("the output of workers", () => {
  const passed = (chunks: ReadonlyArray<string>) => {
    const from = new PassThrough()
    const to = new PassThrough({ highWaterMark: 1 })
    const writes: Array<string> = []
    const { write } = to
    Object.assign(to, {
      write: (octets: Buffer) => (writes.push(octets.toString("utf8")), Reflect.apply(write, to, [octets]))
    })
    to.resume()
    passLines(from, to)
    for (const chunk of chunks) from.write(chunk)
    from.end()
    return new Promise<ReadonlyArray<string>>((resolve) => from.on("end", () => setImmediate(() => resolve(writes))))
  }
  const rows: ReadonlyArray<readonly [name: string, chunks: ReadonlyArray<string>, writes: ReadonlyArray<string>]> = [
    ["whole lines together", ["a\nb\n"], ["a\nb\n"]],
    ["a line in parts", ["a", "b", "c\nd", "\n"], ["abc\n", "d\n"]],
    ["the last line of a killed process", ["a\nb"], ["a\n", "b\n"]],
    ["nothing", [], []]
  ]
  for (const [name, chunks, writes] of rows) {
    it(`is passed on in lines: ${name}`, async () => assert.deepStrictEqual(await passed(chunks), writes))
  }
  it("is torn where a line does not end", async () => {
    const writes = await passed(Array.from({ length: 40 }, () => "x".repeat(64 * 1024)))
    assert.isTrue(writes.length > 1 && writes.every((text) => text.endsWith("\n")))
  })
})
