/**
 * The settings of traces, of which OpenTelemetry specifies most → what the exporter and the sampling need.
 */
import type { Redacted } from "effect"
import type { Settings } from "../../config/variables.ts"
import type { OtlpProtocol } from "../parsers.ts"

export type TraceSettings = Pick<
  Settings,
  | "otelDisabled"
  | "otlpEndpoint"
  | "otlpTracesEndpoint"
  | "otlpHeaders"
  | "otlpProtocol"
  | "otlpTracesProtocol"
  | "otlpServiceName"
  | "resourceAttributes"
  | "traceSample"
  | "tracesSampler"
  | "tracesSamplerArg"
>

export interface TraceOptions {
  /** Spans are posted to it. */
  readonly url: URL
  readonly protocol: OtlpProtocol
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>> | undefined
  readonly serviceName: string
  /** Of the resource, besides name and version of the service. */
  readonly attributes: Readonly<Record<string, string>>
  readonly sampling: Sampling
}

export interface Sampling {
  /** Whether a `traceparent` decides. */
  readonly isCallerHeard: boolean
  /** Of all other requests, from 0 to 1. */
  readonly share: number
}

/** `undefined` where nothing is traced. What is set for traces alone comes before what is set for all signals. */
export const toTraceOptions = (settings: TraceSettings): TraceOptions | undefined => {
  const { otelDisabled, otlpEndpoint, otlpTracesEndpoint, resourceAttributes } = settings
  const url = otlpTracesEndpoint ??
    (otlpEndpoint === undefined ? undefined : new URL(pathOf(otlpEndpoint), otlpEndpoint))
  return otelDisabled || url === undefined ? undefined : {
    url,
    protocol: settings.otlpTracesProtocol ?? settings.otlpProtocol,
    headers: settings.otlpHeaders,
    serviceName: settings.otlpServiceName ?? resourceAttributes["service.name"] ?? "posh",
    attributes: resourceAttributes,
    sampling: toSampling(settings)
  }
}

const pathOf = ({ pathname }: URL): string => `${pathname.replace(/\/+$/, "")}/v1/traces`

const toSampling = ({ traceSample, tracesSampler, tracesSamplerArg }: TraceSettings): Sampling => {
  if (tracesSampler === undefined) return { isCallerHeard: true, share: traceSample }
  const shares = { always_on: 1, always_off: 0, traceidratio: tracesSamplerArg }
  const sampler = tracesSampler.replace("parentbased_", "") as keyof typeof shares // its type lists these, twice
  return { isCallerHeard: tracesSampler.startsWith("parentbased_"), share: shares[sampler] }
}

/** A warning for each variable that has no effect because of another one. */
export const ineffectiveSampling = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const { OTEL_TRACES_SAMPLER: sampler = "", OTEL_TRACES_SAMPLER_ARG: arg = "", POSH_TRACE_SAMPLE: sample = "" } = env
  return [
    ...(arg === "" || sampler.endsWith("traceidratio")
      ? []
      : ["OTEL_TRACES_SAMPLER_ARG has no effect without OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio"]),
    ...(sample === "" || sampler === "" ? [] : ["POSH_TRACE_SAMPLE has no effect beside OTEL_TRACES_SAMPLER"])
  ]
}
