/**
 * Metrics of the process, read at each scrape.
 */
import { Effect, type Scope } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { productVersion } from "../process/version.ts"
import { Readiness } from "../service/Readiness.ts"
import { readyStates } from "./labels.ts"
import type { Metrics } from "./Metrics.ts"

/** Sampling interval of the event loop, milliseconds. */
const resolution = 20

export const watchProcess = ({ cell }: Metrics["Service"]): Effect.Effect<void, never, Scope.Scope | Readiness> =>
  Effect.gen(function*() {
    const { state } = yield* Readiness
    const runSync = Effect.runSyncWith(yield* Effect.context())
    for (const name of readyStates) {
      cell("posh_readiness", { state: name }).read = () => runSync(state) === name ? 1 : 0
    }

    cell("posh_build_info", { version: productVersion, node: process.version }).value = 1
    cell("posh_process_start_time_seconds").value = Math.round(performance.timeOrigin) / 1_000
    cell("posh_process_cpu_seconds_total").read = () => {
      const { system, user } = process.cpuUsage()
      return (system + user) / 1e6
    }
    cell("posh_process_resident_memory_bytes").read = () => process.memoryUsage.rss()
    cell("posh_process_heap_bytes", { kind: "used" }).read = () => process.memoryUsage().heapUsed
    cell("posh_process_heap_bytes", { kind: "reserved" }).read = () => process.memoryUsage().heapTotal
    cell("posh_process_open_handles").read = () => process.getActiveResourcesInfo().length
    yield* watchEventLoop(cell)
  })

const watchEventLoop = (cell: Metrics["Service"]["cell"]) =>
  Effect.gen(function*() {
    const delay = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const histogram = monitorEventLoopDelay({ resolution })
        histogram.enable()
        return histogram
      }),
      (histogram) => Effect.sync(() => histogram.disable())
    )
    // The histogram measures the time between two samples, in nanoseconds. Without samples its values are meaningless.
    const late = (nanoseconds: number) => delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - resolution / 1_000)
    cell("posh_event_loop_delay_seconds", { at: "p50" }).read = () => late(delay.percentile(50))
    cell("posh_event_loop_delay_seconds", { at: "p99" }).read = () => late(delay.percentile(99))
    // Read last, so it resets the histogram for the next scrape.
    cell("posh_event_loop_delay_seconds", { at: "max" }).read = () => {
      const worst = late(delay.max)
      delay.reset()
      return worst
    }
  })
