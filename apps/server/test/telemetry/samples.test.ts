/**
 * The numbers of several processes as one exposition.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { makeMetrics } from "../../src/telemetry/Metrics.ts"
import {
  addCounts,
  combineGauges,
  countsLength,
  gaugesLength,
  readCounts,
  readGauges,
  write
} from "../../src/telemetry/samples.ts"

const busy = () => {
  const metrics = makeMetrics()
  metrics.cell("posh_problems_total", { code: "Overloaded" }).value = 3
  metrics.cell("posh_cache_entries").read = () => 10
  const histogram = metrics.histogram("posh_http_request_seconds", { route: "POST /v1/verify" })
  for (const seconds of [0.0001, 0.002, 2, 60]) histogram.observe(seconds)
  return metrics
}

describe("the samples of a process", () => {
  it("show the same exposition where they are written", () => {
    const metrics = busy()
    const shown = makeMetrics()
    write(shown, readCounts(metrics), readGauges(metrics))
    assert.strictEqual(Effect.runSync(shown.text), Effect.runSync(metrics.text))
    assert.lengthOf(readCounts(metrics), countsLength)
    assert.lengthOf(readGauges(metrics), gaugesLength)
  })

  it("of two processes add up, buckets included", () => {
    const shown = makeMetrics()
    const [left, right] = [busy(), busy()]
    write(
      shown,
      addCounts([readCounts(left), readCounts(right)]),
      combineGauges(readGauges(makeMetrics()), [readGauges(left), readGauges(right)])
    )
    const text = Effect.runSync(shown.text)
    for (
      const line of [
        `posh_problems_total{code="Overloaded"} 6`,
        "posh_cache_entries 20",
        `posh_http_request_seconds_bucket{route="POST /v1/verify",le="0.0005"} 2`,
        `posh_http_request_seconds_bucket{route="POST /v1/verify",le="0.0025"} 4`,
        `posh_http_request_seconds_bucket{route="POST /v1/verify",le="30"} 6`,
        `posh_http_request_seconds_bucket{route="POST /v1/verify",le="+Inf"} 8`,
        `posh_http_request_seconds_count{route="POST /v1/verify"} 8`
      ]
    ) assert.include(text.split("\n"), line)
  })

  it("of gauges are combined by the rule of each", () => {
    const [parent, left, right] = [makeMetrics(), makeMetrics(), makeMetrics()]
    const set = (name: Parameters<typeof parent.cell>[0], ...values: readonly [number, number, number]) => {
      for (const [index, metrics] of [parent, left, right].entries()) metrics.cell(name).value = values[index] ?? 0
    }
    set("posh_connections_open", 100, 2, 3) // sum: those of the parent are probes
    set("process_open_fds", 100, 2, 3) // all
    set("posh_redis_breaker_open", 0, 1, 0) // max
    set("posh_fleet_channel_up", 0, 1, 1) // min: the parent has none
    set("process_start_time_seconds", 5, 6, 7) // parent
    const shown = makeMetrics()
    write(shown, addCounts([]), combineGauges(readGauges(parent), [readGauges(left), readGauges(right)]))
    const lines = Effect.runSync(shown.text).split("\n")
    for (
      const line of [
        "posh_connections_open 5",
        "process_open_fds 105",
        "posh_redis_breaker_open 1",
        "posh_fleet_channel_up 1",
        "process_start_time_seconds 5"
      ]
    ) assert.include(lines, line)
  })

  it("of a parent whose workers do not answer are its own, and no infinity", () => {
    assert.isTrue(combineGauges(readGauges(makeMetrics()), []).every((value) => value === 0))
  })
})

describe("counters", () => {
  const Step = Schema.Struct({
    worker: Schema.Literals([0, 1, 2]),
    does: Schema.Literals(["count", "report", "die"])
  })

  it.prop("never go backwards, whichever worker dies when", [Schema.Array(Step)], ([steps]) => {
    const workers = [0, 1, 2].map(() => ({ counted: 0, reported: 0 }))
    let past = addCounts([])
    const toCounts = (first: number) => Array.from({ length: countsLength }, (_, index) => index === 0 ? first : 0)
    let shown = 0
    for (const { does, worker } of steps) {
      const own = workers[worker]!
      if (does === "count") own.counted += 1
      if (does === "report") own.reported = own.counted
      if (does === "die") {
        past = addCounts([past, toCounts(own.reported)])
        workers[worker] = { counted: 0, reported: 0 }
      }
      const [sum = 0] = addCounts([past, ...workers.map(({ reported }) => toCounts(reported))])
      assert.isAtLeast(sum, shown)
      shown = sum
    }
  })
})
