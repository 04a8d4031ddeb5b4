/**
 * What the service tells of itself.
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
    meaning: "Least level that is logged.",
    consequence: "The line that names the URL at start is printed at any level.",
    parse: oneOf(["trace", "debug", "info", "warn", "error"])
  }),
  logFormat: variable("POSH_LOG_FORMAT", {
    fallback: "auto",
    values: "`auto`, `pretty`, `json`",
    meaning: "How logs are written to standard output.",
    consequence: "`auto`: for people on a terminal, else one JSON object a line.",
    parse: oneOf(["auto", "pretty", "json"])
  }),
  metrics: variable("POSH_METRICS", {
    fallback: "on",
    values: "`on`, `off`",
    meaning: "Whether the service counts, and answers `GET /metrics`.",
    consequence: "`off`: dashboards and alerts see nothing.",
    parse: oneOf(["on", "off"])
  }),
  decisionLog: variable("POSH_DECISION_LOG", {
    fallback: "off",
    values: "`off`, `stdout`, or the absolute path of a file",
    meaning: "Where one line of JSON for each verdict goes.",
    consequence:
      "A file is appended to, and opened anew on SIGHUP. A file that cannot be opened stops the start. Where writing " +
      "fails or is too slow, records are dropped and counted: no answer waits for the log.",
    parse: decisionLogTarget
  }),
  decisionLogMask: variable("POSH_DECISION_LOG_MASK", {
    fallback: "",
    values: "some of `domain`, `caller`, `certificate`, comma-separated",
    meaning: "What the decision log has as a keyed hash only.",
    consequence: "Equal values stay equal, so that one can count, and not read.",
    parse: list(oneOf(["domain", "caller", "certificate"]))
  }),
  decisionLogKey: variable("POSH_DECISION_LOG_KEY", {
    fallback: "",
    values: "a secret of 32 characters or more",
    meaning: "The key of those hashes.",
    consequence: "Unset, it is drawn at start: values are equal within one run of one replica only.",
    parse: optional(maskKey)
  }),
  otlpEndpoint: variable("OTEL_EXPORTER_OTLP_ENDPOINT", {
    fallback: "",
    values: "the URL of a collector of OpenTelemetry, such as `http://127.0.0.1:4318`",
    meaning: "Where traces go: over OTLP/HTTP, as JSON.",
    consequence: "Unset, nothing is traced. A collector that is slow or gone delays no answer: its spans are dropped.",
    parse: optional(collectorUrl)
  }),
  otlpHeaders: variable("OTEL_EXPORTER_OTLP_HEADERS", {
    fallback: "",
    values: "`name=value`, comma-separated, percent-encoded",
    meaning: "Headers for the collector, such as a key.",
    consequence: "They are secret: nothing of them is logged.",
    parse: optional(collectorHeaders)
  }),
  otlpServiceName: variable("OTEL_SERVICE_NAME", {
    fallback: "posh",
    values: "1 to 100 letters, digits and `._-`",
    meaning: "Name of the service in traces.",
    consequence: "Tells deployments apart that share a collector.",
    parse: serviceName
  }),
  traceSample: variable("POSH_TRACE_SAMPLE", {
    fallback: "0.01",
    values: "0 to 1",
    meaning: "Share of requests that are traced where the caller does not say: it does with `traceparent`.",
    consequence:
      "More cost more: a traced request takes several times the work of a warm one. No more than 10 a second.",
    parse: share
  })
} as const
