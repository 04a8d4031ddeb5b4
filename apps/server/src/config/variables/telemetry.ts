/**
 * Logs, metrics, the decision log and traces.
 */
import {
  collectorHeaders,
  collectorUrl,
  decisionLogTarget,
  maskKey,
  serviceName,
  share
} from "../../telemetry/parsers.ts"
import { list, oneOf, optional } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const telemetry = {
  logLevel: variable("POSH_LOG_LEVEL", {
    fallback: "info",
    values: "`trace`, `debug`, `info`, `warn`, `error`",
    meaning: "Minimum level that is logged.",
    consequence: "The line that names the URL at start is printed at any level.",
    parse: oneOf(["trace", "debug", "info", "warn", "error"])
  }),
  logFormat: variable("POSH_LOG_FORMAT", {
    fallback: "auto",
    values: "`auto`, `pretty`, `json`",
    meaning: "How logs are written to standard output.",
    consequence:
      "`auto`: `pretty` on a terminal, otherwise `json`, which is one object a line. With `json` itself, the fault that " +
      "stops a start is such an object too, on standard error.",
    parse: oneOf(["auto", "pretty", "json"])
  }),
  metrics: variable("POSH_METRICS", {
    fallback: "on",
    values: "`on`, `off`",
    meaning: "Whether the service collects metrics and answers `GET /metrics`.",
    consequence: "`off`: dashboards and alerts have no data.",
    parse: oneOf(["on", "off"])
  }),
  decisionLog: variable("POSH_DECISION_LOG", {
    fallback: "off",
    values: "`off`, `stdout`, or the absolute path of a file or a named pipe",
    meaning: "Target of the decision log, which has one line of JSON for each verdict.",
    consequence:
      "A file is appended to, and reopened on SIGHUP. A file that cannot be opened stops the start; a pipe without a " +
      "reader does not. If writing " +
      "fails or is too slow, records are dropped and counted: no answer waits for the log.",
    parse: decisionLogTarget
  }),
  decisionLogMask: variable("POSH_DECISION_LOG_MASK", {
    fallback: "",
    values: "some of `domain`, `caller`, `certificate`, comma-separated",
    meaning: "Fields that the decision log and the debug log replace by a keyed hash.",
    consequence: "Equal values stay equal: a reader can count them and cannot read them. Traces are not masked.",
    parse: list(oneOf(["domain", "caller", "certificate"]))
  }),
  decisionLogKey: variable("POSH_DECISION_LOG_KEY", {
    fallback: "",
    values: "a secret of 32 characters or more",
    meaning: "The key of those hashes.",
    consequence:
      "Unset, a random key is generated at start: equal values have equal hashes only within one run of one replica.",
    parse: optional(maskKey)
  }),
  otlpEndpoint: variable("OTEL_EXPORTER_OTLP_ENDPOINT", {
    fallback: "",
    values: "the URL of a collector of OpenTelemetry, such as `http://127.0.0.1:4318`",
    meaning: "Where traces are sent, over OTLP/HTTP, below this, as OpenTelemetry specifies.",
    consequence:
      "Unset, and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` too, nothing is traced. A slow or unavailable collector delays no answer: its spans are dropped.",
    parse: optional(collectorUrl)
  }),
  otlpHeaders: variable("OTEL_EXPORTER_OTLP_HEADERS", {
    fallback: "",
    values: "`name=value`, comma-separated, percent-encoded",
    meaning: "Headers for the collector, such as an API key.",
    consequence: "They are secret and never logged.",
    parse: optional(collectorHeaders)
  }),
  otlpServiceName: variable("OTEL_SERVICE_NAME", {
    fallback: "",
    values: "1 to 100 letters, digits and `._-`",
    meaning: "Name of the service in traces.",
    consequence:
      "Distinguishes deployments that share a collector. Unset: `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `posh`.",
    parse: optional(serviceName)
  }),
  traceSample: variable("POSH_TRACE_SAMPLE", {
    fallback: "0.01",
    values: "0 to 1",
    meaning: "Sampling rate of requests without a `traceparent`; with one, the caller decides.",
    consequence:
      "Higher is more expensive: a traced request takes several times the work of a warm one. At most 10 a second.",
    parse: share
  })
} as const
