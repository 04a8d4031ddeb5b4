/**
 * Metrics of the process, read at each scrape.
 */
import { Effect, type Scope } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { openFileLimit, openFiles } from "../process/openFiles.ts"
import { productVersion } from "../process/version.ts"
import { isServing, Readiness } from "../service/Readiness.ts"
import { readyStates } from "./labels.ts"
import type { Metrics } from "./Metrics.ts"
import { processCatalogue } from "./processCatalogue.ts"
import { newestRoot } from "./roots.ts"

/** Sampling interval of the event loop, milliseconds. */
const resolution = 20

export const watchProcess = ({ cell }: Metrics["Service"]): Effect.Effect<void, never, Scope.Scope | Readiness> =>
  Effect.gen(function*() {
    const { state } = yield* Readiness
    const runSync = Effect.runSyncWith(yield* Effect.context())
    for (const name of readyStates) {
      cell("posh_readiness", { state: name }).read = () => runSync(state) === name ? 1 : 0
    }

    cell("posh_workers").read = () => isServing(runSync(state)) ? 1 : 0
    cell("posh_workers_wanted").value = 1
    cell("posh_build_info", { version: productVersion, node: process.version }).value = 1
    for (const labels of processCatalogue.nodejs_version_info.series) cell("nodejs_version_info", labels).value = 1
    cell("posh_roots_newest_timestamp_seconds").read = () => newestRoot() / 1_000
    cell("process_start_time_seconds").value = Math.round(performance.timeOrigin) / 1_000
    cell("process_cpu_seconds_total").read = () => {
      const { system, user } = process.cpuUsage()
      return (system + user) / 1e6
    }
    cell("process_resident_memory_bytes").read = () => process.memoryUsage.rss()
    cell("process_open_fds").read = openFiles
    cell("process_max_fds").value = openFileLimit() ?? 0
    cell("nodejs_heap_size_used_bytes").read = () => process.memoryUsage().heapUsed
    cell("nodejs_heap_size_total_bytes").read = () => process.memoryUsage().heapTotal
    cell("nodejs_external_memory_bytes").read = () => process.memoryUsage().external
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
    cell("nodejs_eventloop_lag_mean_seconds").read = () => late(delay.mean)
    cell("nodejs_eventloop_lag_p50_seconds").read = () => late(delay.percentile(50))
    cell("nodejs_eventloop_lag_p90_seconds").read = () => late(delay.percentile(90))
    cell("nodejs_eventloop_lag_p99_seconds").read = () => late(delay.percentile(99))
    // The last of them in the catalogue, and so read last: it resets the histogram for the next scrape.
    cell("nodejs_eventloop_lag_max_seconds").read = () => {
      const worst = late(delay.max)
      delay.reset()
      return worst
    }
  })
