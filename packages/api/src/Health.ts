/**
 * Probes and metrics for orchestrators.
 */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"

/** The states of readiness; the first and the last answer HTTP 503. */
export const readyStates = ["starting", "ready", "degraded", "stopping"] as const

const state = Schema.Literals(readyStates).annotate({
  description: [
    "`ready`: answering. `degraded`: answering, but a configured dependency is unavailable. `starting` and",
    "`stopping` (HTTP 503): route questions elsewhere."
  ].join(" "),
  examples: ["ready"]
})

/** The body of the answer to `GET /health/live`. */
export const Live = Schema.Struct({
  status: Schema.Literal("live"),
  version: Schema.String.annotate({ description: "Version of the product, not of this API.", examples: ["0.1.0"] })
}).annotate({
  identifier: "Live",
  title: "Live",
  description: "The process runs."
})
export type Live = typeof Live.Type

/** The body of the answer to `GET /health/ready` with HTTP 200. */
export const Ready = Schema.Struct({ status: state }).annotate({ identifier: "Ready", title: "Readiness" })
export type Ready = typeof Ready.Type

/** The same with HTTP 503. */
export const NotReady = Schema.Struct({ status: state }).annotate({
  identifier: "NotReady",
  title: "Not ready",
  httpApiStatus: 503
})
export type NotReady = typeof NotReady.Type

/** The media type of `GET /metrics`. */
export const metricsMediaType = "text/plain; version=0.0.4; charset=utf-8"

/** The body of the answer to `GET /metrics`. */
export const MetricsText = Schema.String.annotate({
  identifier: "MetricsText",
  title: "Metrics",
  description: "The text format of Prometheus."
}).pipe(HttpApiSchema.asText({ contentType: metricsMediaType }))
