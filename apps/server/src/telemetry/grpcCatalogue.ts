/**
 * Metrics of gRPC, gRPC-Web and Connect.
 */
import { methods, statusNames } from "../methods.ts"
import type { Row } from "./Row.ts"

// Warm answers take microseconds, cold ones depend on the network, and none takes longer than 30 s (POSH-REQ-07).
export const answerBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Limits that close calls and connections: what is too slow, or too much. */
export const closeReasons = ["late", "sender", "reader", "idle", "hello", "silent", "flood", "unread"] as const
export type CloseReason = typeof closeReasons[number]

export const grpcCatalogue = {
  posh_grpc_connections_open: {
    type: "gauge",
    workers: "sum",
    unit: "connections",
    help:
      "Open connections of callers of gRPC. They count with `posh_connections_open` against `posh_connections_limit`.",
    advice: "Many with few calls: callers open one for each call; one carries 1,000 calls at a time.",
    series: [{}]
  },
  posh_grpc_calls_total: {
    type: "counter",
    unit: "calls",
    help:
      "Calls of gRPC, gRPC-Web and Connect, by method and status; `CANCELLED` if the caller went away before the answer, `RESOURCE_EXHAUSTED` also if a limit has reset it.",
    advice: "Many `CANCELLED`: callers wait for less time than they allow the service.",
    series: methods.flatMap((method) => statusNames.map((status) => ({ method, status })))
  },
  posh_grpc_closed_total: {
    type: "counter",
    unit: "closings",
    help:
      "Calls of gRPC that a limit has reset: `late` requests, slow `sender` or `reader`, `idle` streams. Connections that one has " +
      "closed: no `hello`, `silent`, a `flood` of frames, too much `unread`.",
    advice:
      "Many `reader` or `unread`: a caller takes its answers too slowly, or not at all. `flood`: look for its address.",
    series: closeReasons.map((reason) => ({ reason }))
  },
  posh_grpc_call_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Time from the head of a call to the end of its answer; without streams, which last as long as callers like.",
    advice: "Compare with `posh_outbound_request_seconds`: slow origins make slow answers.",
    series: methods.map((method) => ({ method })),
    buckets: answerBuckets
  }
} as const satisfies Readonly<Record<string, Row>>
