/**
 * Every metric that the service exports, as data: it is registered, documented (`docs/reference/metrics.md`) and checked
 * against dashboards and alerts from here.
 */
import { productVersion } from "../process/version.ts"
import {
  fetchPhases,
  generations,
  outboundCodes,
  problemCodes,
  readyStates,
  resolutionCodes,
  routes,
  sharedFaultReasons,
  statusClasses,
  verdictSeries
} from "./labels.ts"

export type Labels = Readonly<Record<string, string>>

export interface Row {
  readonly type: "counter" | "gauge" | "histogram"
  /** What one of it is; seconds and bytes where it is measured. */
  readonly unit: string
  readonly help: string
  /** What an operator does about it. */
  readonly advice: string
  /** Every combination of labels that there is; they all exist from the start. */
  readonly series: ReadonlyArray<Labels>
  /** Upper ends of the buckets of a histogram. */
  readonly buckets?: ReadonlyArray<number>
}

const unlabelled: ReadonlyArray<Labels> = [{}]

/** One series for each value of one label. */
const by = (label: string, values: ReadonlyArray<string>): ReadonlyArray<Labels> =>
  values.map((value) => ({ [label]: value }))

/** Every combination. */
const times = (left: ReadonlyArray<Labels>, right: ReadonlyArray<Labels>): ReadonlyArray<Labels> =>
  left.flatMap((one) => right.map((other) => ({ ...one, ...other })))

// Warm answers take microseconds, cold ones as long as the network does, and none longer than 30 s (POSH-REQ-07).
const answerBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const networkBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12]
const commandBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]
const ageBuckets = [1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800]

export const catalogue = {
  posh_verdicts_total: {
    type: "counter",
    unit: "verdicts",
    help: "Verdicts given, by verdict and code. whose says for an indeterminate one who is at fault: origin or ours.",
    advice: "`whose=\"ours\"` is yours to mend. Many `certificate-invalid` at once: look at what callers present.",
    series: verdictSeries
  },
  posh_problems_total: {
    type: "counter",
    unit: "problems",
    help: "Questions and requests without a verdict, by code.",
    advice: "`InternalError` is a fault of the service: read its log. `Overloaded`: add replicas.",
    series: by("code", problemCodes)
  },
  posh_questions_waiting: {
    type: "gauge",
    unit: "questions",
    help: "Questions that wait for an origin; all others are answered at once.",
    advice: "Grows without end: origins are slow, or there are too few replicas.",
    series: unlabelled
  },
  posh_http_requests_total: {
    type: "counter",
    unit: "requests",
    help: "HTTP requests answered, by route and class of status; aborted where the caller went away before.",
    advice: "Many `aborted`: callers wait for less time than the deadline that they ask for.",
    series: times(by("route", routes), by("status", statusClasses))
  },
  posh_http_request_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "From the head of a request to the end of its answer.",
    advice: "Compare with `posh_outbound_request_seconds`: what is slow there is slow here.",
    series: by("route", routes),
    buckets: answerBuckets
  },
  posh_resolutions_total: {
    type: "counter",
    unit: "resolutions",
    help: "Attempts to learn what a domain publishes, by generation and code.",
    advice: "Many of one code for many domains: look at your own network, DNS and roots first.",
    series: times(by("generation", generations), by("code", resolutionCodes))
  },
  posh_resolution_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "How long such an attempt took, with all its redirects and queues.",
    advice: "None takes longer than 12 s.",
    series: by("generation", generations),
    buckets: networkBuckets
  },
  posh_outbound_requests_total: {
    type: "counter",
    unit: "requests",
    help: "Requests to origins, by code; Answered whatever the status.",
    advice: "`TlsCertificateUntrusted` for all: `POSH_EXTRA_CA_FILE` or the roots of Node.js are out of date.",
    series: by("code", outboundCodes)
  },
  posh_outbound_request_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "How long such a request took, whatever came of it.",
    advice: "See by phase where the time goes.",
    series: unlabelled,
    buckets: networkBuckets
  },
  posh_outbound_phase_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "How long a part of a request took where it succeeded; exchange is from the request to the whole answer.",
    advice: "Slow `dns`: look at your name servers, or set `POSH_DNS_SERVERS`.",
    series: by("phase", fetchPhases),
    buckets: networkBuckets
  },
  posh_cache_lookups_total: {
    type: "counter",
    unit: "look-ups",
    help: "Look-ups of questions, one a generation, by tier and result; negative is a remembered failure.",
    advice: "Few hits in `memory` beside many in `redis`: raise `POSH_CACHE_ENTRIES`. `away`: see the Redis metrics.",
    series: [
      ...times([{ tier: "memory" }], by("result", ["hit", "negative", "miss"])),
      ...times([{ tier: "redis" }], by("result", ["hit", "negative", "miss", "away"]))
    ]
  },
  posh_cache_entries: {
    type: "gauge",
    unit: "entries",
    help: "Entries in the memory of this process.",
    advice: "At `POSH_CACHE_ENTRIES` and with evictions: raise it, if there is memory.",
    series: unlabelled
  },
  posh_cache_evictions_total: {
    type: "counter",
    unit: "entries",
    help: "Entries that memory dropped for want of room.",
    advice: "A few do no harm. Many: raise `POSH_CACHE_ENTRIES`.",
    series: unlabelled
  },
  posh_coalesced_total: {
    type: "counter",
    unit: "questions",
    help: "Questions that waited for a resolution which another one had begun.",
    advice: "None; it is work saved.",
    series: unlabelled
  },
  posh_refreshes_ahead_total: {
    type: "counter",
    unit: "resolutions",
    help: "Resolutions begun in the background before what is remembered ends.",
    advice: "None; it is waiting saved.",
    series: unlabelled
  },
  posh_served_age_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Age of remembered material when it answered a question.",
    advice: "Older than you want: lower `POSH_DRAFT_REVALIDATE` or `POSH_MAX_LIFETIME`.",
    series: unlabelled,
    buckets: ageBuckets
  },
  posh_redis_breaker_open: {
    type: "gauge",
    unit: "1 or 0",
    help: "1 while Redis is left alone because it could not be used.",
    advice: "Mend Redis. Answers go on without it, and replicas share nothing.",
    series: unlabelled
  },
  posh_redis_faults_total: {
    type: "counter",
    unit: "faults",
    help: "What went wrong with the shared cache, by reason; open counts what was not sent while the breaker was open.",
    advice: "`refused`: Redis is full or not writable. `unsealable`: secrets differ, or somebody writes to Redis.",
    series: by("reason", sharedFaultReasons)
  },
  posh_redis_command_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "How long a command to Redis took that was sent, whatever came of it.",
    advice: "Close to `POSH_REDIS_TIMEOUT`: Redis is about to be left alone.",
    series: unlabelled,
    buckets: commandBuckets
  },
  posh_fleet_leads_total: {
    type: "counter",
    unit: "leads",
    help: "Who asked an origin: this replica (lead), another one (follow); fenced where the lead was lost meanwhile.",
    advice: "Many `fenced`: this replica stands still for seconds; look at its event loop. A purge is one as well.",
    series: by("role", ["lead", "follow", "fenced"])
  },
  posh_decision_log_records_total: {
    type: "counter",
    unit: "records",
    help: "Records of the decision log, by what became of them.",
    advice: "`dropped`: the disk is full or slow.",
    series: by("result", ["written", "dropped"])
  },
  posh_spans_total: {
    type: "counter",
    unit: "spans",
    help: "Spans of traced requests, by what became of them.",
    advice: "`dropped`: the collector is slow or gone.",
    series: by("result", ["exported", "dropped"])
  },
  posh_readiness: {
    type: "gauge",
    unit: "1 or 0",
    help: "1 for the state that /health/ready tells.",
    advice: "`degraded`: see the Redis metrics.",
    series: by("state", readyStates)
  },
  posh_event_loop_delay_seconds: {
    type: "gauge",
    unit: "seconds",
    help: "How late the event loop was since the last scrape, at the middle, at the slowest hundredth, and at worst.",
    advice: "More than 0.1 in the middle: there is too little CPU, or too much work for one process.",
    series: by("at", ["p50", "p99", "max"])
  },
  posh_process_cpu_seconds_total: {
    type: "counter",
    unit: "seconds",
    help: "CPU time of the process.",
    advice: "Close to 1 a second: the process is at its limit; add replicas.",
    series: unlabelled
  },
  posh_process_resident_memory_bytes: {
    type: "gauge",
    unit: "bytes",
    help: "Memory of the process.",
    advice: "Grows without end although `posh_cache_entries` does not: tell us.",
    series: unlabelled
  },
  posh_process_heap_bytes: {
    type: "gauge",
    unit: "bytes",
    help: "Heap of JavaScript, used and reserved.",
    advice: "Close to the limit of Node.js (`--max-old-space-size`): lower `POSH_CACHE_ENTRIES`.",
    series: by("kind", ["used", "reserved"])
  },
  posh_process_open_handles: {
    type: "gauge",
    unit: "handles",
    help: "Sockets, timers and files that keep the process running.",
    advice: "Grows without end: callers do not close their connections.",
    series: unlabelled
  },
  posh_process_start_time_seconds: {
    type: "gauge",
    unit: "seconds since 1970",
    help: "When the process started.",
    advice: "Changes often: it restarts.",
    series: unlabelled
  },
  posh_build_info: {
    type: "gauge",
    unit: "1",
    help: "Always 1; the labels name the version of the service and of Node.js.",
    advice: "More than one version for long: a rolling restart has stopped half-way.",
    series: [{ version: productVersion, node: process.version }]
  }
} as const satisfies Record<`posh_${string}`, Row>

export type MetricName = keyof typeof catalogue
