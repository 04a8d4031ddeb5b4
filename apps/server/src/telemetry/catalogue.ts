/**
 * All metrics that the service exports, as data: the registry, the reference (`docs/reference/metrics.md`) and the
 * check of dashboards and alerts use it.
 */
import { productVersion } from "../process/version.ts"
import { answerBuckets, grpcCatalogue } from "./grpcCatalogue.ts"
import {
  generations,
  handshakeEnds,
  problemCodes,
  readyStates,
  resolutionCodes,
  routes,
  statusClasses,
  verdictSeries,
  workerEnds
} from "./labels.ts"
import { networkBuckets, outboundRows } from "./outboundRows.ts"
import { processCatalogue } from "./processCatalogue.ts"
import { redisCatalogue } from "./redisCatalogue.ts"
import type { Labels, Row } from "./Row.ts"
import { standingRows } from "./standingRows.ts"

export type { Labels, Row }

const unlabelled: ReadonlyArray<Labels> = [{}]

/** One series per value of a label. */
const by = (label: string, values: ReadonlyArray<string>): ReadonlyArray<Labels> =>
  values.map((value) => ({ [label]: value }))

/** The Cartesian product of two sets of labels. */
const times = (left: ReadonlyArray<Labels>, right: ReadonlyArray<Labels>): ReadonlyArray<Labels> =>
  left.flatMap((one) => right.map((other) => ({ ...one, ...other })))

const ageBuckets = [1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800]

const own = {
  posh_verdicts_total: {
    type: "counter",
    unit: "verdicts",
    help:
      "Verdicts, by verdict, code and the proof type that decided. For an indeterminate one, whose names the side at fault: origin or ours.",
    advice:
      "`whose=\"ours\"`: the cause is on your side; read the log of the service. Many `certificate-invalid` at once: check what callers present.",
    series: verdictSeries
  },
  posh_problems_total: {
    type: "counter",
    unit: "problems",
    help: "Questions and requests that ended in a problem instead of a verdict, by code.",
    advice: "`InternalError` is a fault of the service: read its log. `Overloaded`: add replicas.",
    series: by("code", problemCodes)
  },
  posh_questions_waiting: {
    type: "gauge",
    workers: "sum",
    unit: "questions",
    help: "Questions that wait for an origin; all others are answered at once.",
    advice: "Grows without bound: origins are slow, or there are too few replicas.",
    series: unlabelled
  },
  posh_questions_in_flight: {
    type: "gauge",
    workers: "sum",
    unit: "questions",
    help: "Questions in flight, of all callers.",
    advice: "At `posh_questions_in_flight_limit`, further ones are `Overloaded`: add replicas.",
    series: unlabelled
  },
  posh_questions_in_flight_limit: {
    type: "gauge",
    workers: "sum",
    unit: "questions",
    help: "`POSH_MAX_IN_FLIGHT`.",
    advice: "None: compare with `posh_questions_in_flight`.",
    series: unlabelled
  },
  posh_request_bodies_bytes: {
    type: "gauge",
    workers: "sum",
    unit: "bytes",
    help: "Reserved memory for large bodies in progress, of all callers.",
    advice: "At `posh_request_bodies_limit_bytes`, further ones are `Overloaded`: have callers send smaller batches.",
    series: unlabelled
  },
  posh_request_bodies_limit_bytes: {
    type: "gauge",
    workers: "sum",
    unit: "bytes",
    help: "The limit of that.",
    advice: "None: compare with `posh_request_bodies_bytes`.",
    series: unlabelled
  },
  posh_connections_open: {
    type: "gauge",
    workers: "sum",
    unit: "connections",
    help: "Open connections of callers over HTTP/1.1.",
    advice:
      "With `posh_grpc_connections_open` at `posh_connections_limit`, further ones are closed at once: look for callers that open one for each question.",
    series: unlabelled
  },
  posh_connections_limit: {
    type: "gauge",
    workers: "sum",
    unit: "connections",
    help: "`POSH_MAX_CONNECTIONS`, or what the limit of open files allows.",
    advice: "Lower than `POSH_MAX_CONNECTIONS`: raise `ulimit -n`.",
    series: unlabelled
  },
  posh_tls_handshake_failures_total: {
    type: "counter",
    unit: "connections",
    help:
      "TLS handshakes of callers that failed: plain HTTP instead of TLS, a certificate that is missing or not of the client CA, " +
      "no common version or cipher suite, a caller that disconnected.",
    advice:
      "`http`: a caller has `http:` in its URL. `certificate`: compare its certificate with `POSH_TLS_CLIENT_CA_FILE`.",
    series: by("reason", handshakeEnds)
  },
  posh_http_requests_total: {
    type: "counter",
    unit: "requests",
    help: "HTTP requests, by route and class of status; aborted if the caller disconnected before the answer.",
    advice: "Many `aborted`: the time-out of callers is shorter than the deadline that they send.",
    series: times(by("route", routes), by("status", statusClasses))
  },
  posh_http_request_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Time from the head of a request to the end of its answer.",
    advice: "Compare with `posh_outbound_request_seconds`: slow origins make slow answers.",
    series: by("route", routes),
    buckets: answerBuckets
  },
  ...grpcCatalogue,
  posh_resolutions_total: {
    type: "counter",
    unit: "resolutions",
    help: "Resolutions (attempts to fetch what a domain publishes), by generation and code.",
    advice: "Many of one code for many domains: check your own network, DNS and roots first.",
    series: times(by("generation", generations), by("code", resolutionCodes))
  },
  posh_resolution_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Duration of a resolution, with all its redirects and queues.",
    advice: "None takes longer than 12 s.",
    series: by("generation", generations),
    buckets: networkBuckets
  },
  ...outboundRows,
  posh_cache_lookups_total: {
    type: "counter",
    unit: "look-ups",
    help: "Cache look-ups, one a generation of a question, by tier and result; negative is a hit on a cached failure.",
    advice: "Few hits in `memory` and many in `redis`: raise `POSH_CACHE_ENTRIES`. `away`: see the Redis metrics.",
    series: [
      ...times([{ tier: "memory" }], by("result", ["hit", "negative", "miss"])),
      ...times([{ tier: "redis" }], by("result", ["hit", "negative", "miss", "away"]))
    ]
  },
  posh_cache_entries: {
    type: "gauge",
    workers: "sum",
    unit: "entries",
    help: "Entries in the memory cache of this process.",
    advice: "At `POSH_CACHE_ENTRIES` and with evictions: raise it, if there is memory.",
    series: unlabelled
  },
  posh_cache_evictions_total: {
    type: "counter",
    unit: "entries",
    help: "Entries that the memory cache evicted because it was full.",
    advice: "A few are harmless. Many: raise `POSH_CACHE_ENTRIES`.",
    series: unlabelled
  },
  posh_coalesced_total: {
    type: "counter",
    unit: "questions",
    help: "Questions that were coalesced with a resolution in progress.",
    advice: "None: each one is a saved resolution.",
    series: unlabelled
  },
  posh_refreshes_ahead_total: {
    type: "counter",
    unit: "resolutions",
    help: "Background resolutions that were started before the cached material expires.",
    advice: "None: each one saves a question from waiting.",
    series: unlabelled
  },
  posh_served_age_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Age of cached material when it answered a question.",
    advice: "Older than you want: lower `POSH_DRAFT_REVALIDATE` or `POSH_MAX_LIFETIME`.",
    series: unlabelled,
    buckets: ageBuckets
  },
  posh_decision_log_records_total: {
    type: "counter",
    unit: "records",
    help: "Records of the decision log, by result.",
    advice: "`dropped`: the disk is full or slow.",
    series: by("result", ["written", "dropped"])
  },
  posh_spans_total: {
    type: "counter",
    unit: "spans",
    help: "Spans of traced requests, by result.",
    advice: "`dropped`: the collector is slow or unavailable.",
    series: by("result", ["exported", "dropped"])
  },
  posh_roots_newest_timestamp_seconds: {
    type: "gauge",
    workers: "min",
    unit: "seconds since 1970",
    help:
      "When the newest root certificate that is built into Node.js was issued: the older, the older the list of roots.",
    advice: "Lower than on other replicas: update Node.js there, or origins of newer authorities are untrusted.",
    series: unlabelled
  },
  posh_readiness: {
    type: "gauge",
    workers: "parent",
    unit: "1 or 0",
    help: "1 for the state that /health/ready reports.",
    advice: "`degraded`: see the Redis metrics.",
    series: by("state", readyStates)
  },
  posh_workers: {
    type: "gauge",
    workers: "parent",
    unit: "processes",
    help: "Worker processes that are ready or degraded; 1 or 0 without `POSH_WORKERS`.",
    advice: "Fewer than `posh_workers_wanted` for long: the log says why one ended, or does not respond.",
    series: unlabelled
  },
  posh_workers_wanted: {
    type: "gauge",
    workers: "parent",
    unit: "processes",
    help: "`POSH_WORKERS`; with `auto`, what it came to.",
    advice: "None: compare with `posh_workers`.",
    series: unlabelled
  },
  posh_worker_restarts_total: {
    type: "counter",
    unit: "processes",
    help:
      "Workers that ended and were replaced: they left by themselves (exit), were killed from outside (signal), or because they did " +
      "not respond (unresponsive).",
    advice:
      "`signal` without a line of the log: most likely for lack of memory. `exit`, `unresponsive`: please report it.",
    series: by("reason", workerEnds)
  },
  ...standingRows,
  posh_build_info: {
    type: "gauge",
    workers: "parent",
    unit: "1",
    help: "Always 1; the labels name the version of the service and of Node.js.",
    advice: "More than one version for long: a rolling restart has stopped half-way.",
    series: [{ version: productVersion, node: process.version }]
  }
} as const satisfies Record<`posh_${string}`, Row>

export const catalogue = { ...own, ...redisCatalogue, ...processCatalogue }

export type MetricName = keyof typeof catalogue
