/**
 * What OpenTelemetry specifies for traces, beyond the collector and its headers: those are in `telemetry.ts`.
 */
import { collectorUrl, isTrue, otlpProtocol, resourceAttributes, sampler, share } from "../../telemetry/parsers.ts"
import { optional } from "../parsers.ts"
import { variable } from "../Variable.ts"

const protocols = "`http/json`, `http/protobuf`"

export const traces = {
  otelDisabled: variable("OTEL_SDK_DISABLED", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether nothing is traced, whatever the other variables say.",
    consequence: "`true`: no spans. Metrics and logs stay as they are.",
    parse: isTrue
  }),
  otlpTracesEndpoint: variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", {
    fallback: "",
    values: "a URL, such as `http://127.0.0.1:4318/traces`",
    meaning: "Where traces are sent, instead of a path below `OTEL_EXPORTER_OTLP_ENDPOINT`.",
    consequence: "It is used as it is: nothing is appended.",
    parse: optional(collectorUrl)
  }),
  otlpProtocol: variable("OTEL_EXPORTER_OTLP_PROTOCOL", {
    fallback: "http/json",
    values: protocols,
    meaning: "The encoding of what is sent to the collector.",
    consequence: "OTLP over gRPC is not supported: give the port of the collector for HTTP, by custom 4318.",
    parse: otlpProtocol
  }),
  otlpTracesProtocol: variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", {
    fallback: "",
    values: protocols,
    meaning: "The same for traces.",
    consequence: "Set, it is used instead of `OTEL_EXPORTER_OTLP_PROTOCOL`.",
    parse: optional(otlpProtocol)
  }),
  resourceAttributes: variable("OTEL_RESOURCE_ATTRIBUTES", {
    fallback: "",
    values: "`name=value`, comma-separated, percent-encoded, such as `deployment.environment.name=staging`",
    meaning: "Attributes of this replica that all its spans have.",
    consequence: "`service.instance.id` is a random UUID for each start unless it is given here.",
    parse: resourceAttributes
  }),
  tracesSampler: variable("OTEL_TRACES_SAMPLER", {
    fallback: "",
    values: "`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`",
    meaning:
      "Which requests are traced. `parentbased_…`: a `traceparent` decides, and the sampler where there is none.",
    consequence:
      "Set, it is used instead of `POSH_TRACE_SAMPLE`. At most 10 a second are traced that no `traceparent` decides on.",
    parse: optional(sampler)
  }),
  tracesSamplerArg: variable("OTEL_TRACES_SAMPLER_ARG", {
    fallback: "1",
    values: "0 to 1",
    meaning: "Sampling rate of `traceidratio`.",
    consequence: "Has no effect on other samplers.",
    parse: share
  })
} as const
