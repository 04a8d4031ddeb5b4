/**
 * Metrics of the process and of Node.js, under the names that client libraries of Prometheus use, so that dashboards and
 * alerts for Node.js in general fit.
 */
import type { Row } from "./Row.ts"

const unlabelled: Row["series"] = [{}]

const lag = (what: string) => ({
  type: "gauge",
  workers: "max",
  unit: "seconds",
  help: `Delay of the event loop since the last scrape: ${what}.`,
  series: unlabelled
} as const)

const [, major = "", minor = "", patch = ""] = /^v(\d+)\.(\d+)\.(\d+)/.exec(process.version) ?? []

export const processCatalogue = {
  process_cpu_seconds_total: {
    type: "counter",
    unit: "seconds",
    help: "CPU time of the process; with workers, of all processes.",
    advice: "Close to 1 a second for each worker: the processes are at their limit; add workers or replicas.",
    series: unlabelled
  },
  process_resident_memory_bytes: {
    type: "gauge",
    workers: "all",
    unit: "bytes",
    help: "Resident memory of the process.",
    advice: "Grows without bound although `posh_cache_entries` does not: report a bug.",
    series: unlabelled
  },
  process_open_fds: {
    type: "gauge",
    workers: "all",
    unit: "file descriptors",
    help: "Open files and sockets; 0 where the system does not tell.",
    advice: "Close to `process_max_fds`: raise `ulimit -n`, or lower `POSH_MAX_CONNECTIONS`.",
    series: unlabelled
  },
  process_max_fds: {
    type: "gauge",
    workers: "all",
    unit: "file descriptors",
    help: "Maximum of open files and sockets (`ulimit -n`); 0 where the system does not tell.",
    advice: "None: compare with `process_open_fds`.",
    series: unlabelled
  },
  process_start_time_seconds: {
    type: "gauge",
    workers: "parent",
    unit: "seconds since 1970",
    help: "Start time of the process.",
    advice: "Changes often: the process restarts.",
    series: unlabelled
  },
  nodejs_eventloop_lag_mean_seconds: { ...lag("mean"), advice: "See the percentiles." },
  nodejs_eventloop_lag_p50_seconds: {
    ...lag("median"),
    advice: "Above 0.1: there is too little CPU, or too much work for one process."
  },
  nodejs_eventloop_lag_p90_seconds: { ...lag("90th percentile"), advice: "See the median." },
  nodejs_eventloop_lag_p99_seconds: { ...lag("99th percentile"), advice: "See the median." },
  nodejs_eventloop_lag_max_seconds: { ...lag("maximum"), advice: "See the median." },
  nodejs_heap_size_used_bytes: {
    type: "gauge",
    workers: "all",
    unit: "bytes",
    help: "Used heap of JavaScript.",
    advice: "Close to the limit of Node.js (`--max-old-space-size`): lower `POSH_CACHE_ENTRIES`.",
    series: unlabelled
  },
  nodejs_heap_size_total_bytes: {
    type: "gauge",
    workers: "all",
    unit: "bytes",
    help: "Reserved heap of JavaScript.",
    advice: "See `nodejs_heap_size_used_bytes`.",
    series: unlabelled
  },
  nodejs_external_memory_bytes: {
    type: "gauge",
    workers: "all",
    unit: "bytes",
    help: "Memory outside of that heap which its objects hold, such as buffers.",
    advice: "Grows without bound: report a bug.",
    series: unlabelled
  },
  nodejs_version_info: {
    type: "gauge",
    workers: "parent",
    unit: "1",
    help: "Always 1; the labels name the version of Node.js.",
    advice: "Compare with the newest version of the same line: it has the security fixes.",
    series: [{ version: process.version, major, minor, patch }]
  }
} as const satisfies Record<`process_${string}` | `nodejs_${string}`, Row>
