/**
 * Exports spans to a collector over OTLP/HTTP, asynchronously, so it never delays an answer. One batch is in flight and
 * one waits; further spans are dropped and counted.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { ConfigProvider, Effect, Layer, Predicate, Redacted, type Scope, type Tracer } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { randomUUID } from "node:crypto"
import { productVersion } from "../../process/version.ts"
import { makeLossCounter } from "../LossCounter.ts"
import type { Cell } from "../Metrics.ts"
import type { OtlpProtocol } from "../parsers.ts"
import type { TraceOptions } from "./options.ts"

export interface ExporterOptions extends Omit<TraceOptions, "sampling" | "headers"> {
  /** Asked for each batch: they may change. */
  readonly headers: () => TraceOptions["headers"]
  readonly exported: Cell
  readonly dropped: Cell
}

/** Maximum of spans in a batch, and so of waiting spans. */
const batch = 512

/** Export interval. */
const restTime = "2 seconds"

/** Time-outs of one batch, and of the last one at shutdown. */
const exportTime = "5 seconds"
const finishTime = "2 seconds"

export const makeExporter = (options: ExporterOptions): Effect.Effect<Tracer.Tracer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { attributes, serviceName, url } = options
    const parts = yield* Layer.build(Layer.mergeAll(countingLayer(options), OtlpExporter.layerFlusher))
    return yield* OtlpTracer.make({
      url: url.href,
      resource: {
        serviceName,
        serviceVersion: productVersion,
        // Random, so that it is unique without knowing the machine: what OpenTelemetry recommends. An attribute comes first.
        attributes: { "service.instance.id": randomUUID(), ...attributes }
      },
      exportInterval: restTime,
      maxBatchSize: batch,
      shutdownTimeout: finishTime
    }).pipe(
      Effect.provideContext(parts),
      // Hides the environment from the exporter: only `Config.ts` reads it.
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))
    )
  })

/**
 * An HTTP client that never fails: after an error the exporter would pause for a minute and drop spans uncounted, and
 * it would send concurrent batches to a slow collector.
 */
const countingLayer = ({ dropped, exported, headers, protocol }: ExporterOptions) => {
  const state = { isBusy: false }
  const losses = makeLossCounter({ sent: exported, lost: dropped, again: "Traces are exported again" })

  const serialization = Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (encoding) => ({
      ...encoding,
      traces: (data) => {
        const spans = data.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        return Object.assign(encoding.traces(data), { spanCount: spans.length })
      }
    }))
  ).pipe(Layer.provide(encodings[protocol]))

  const client = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (http) => {
      const lose = (count: number, why: string) =>
        losses.lost(count, "Traces cannot be exported; spans are dropped", why)
      return HttpClient.make((request) =>
        Effect.suspend(() => {
          const count = spanCountOf(request.body)
          const done = HttpClientResponse.fromWeb(request, new Response(null, { status: 204 }))
          if (state.isBusy) return Effect.as(lose(count, "the collector is slow"), done)
          state.isBusy = true
          const given = headers()
          const sent = given === undefined ? request : HttpClientRequest.setHeaders(request, Redacted.value(given))
          return http.execute(sent).pipe(
            Effect.flatMap((response) => Effect.as(Effect.ignore(response.arrayBuffer), response.status)),
            Effect.timeout(exportTime),
            Effect.matchEffect({
              onFailure: (error) => lose(count, error._tag === "TimeoutError" ? "time-out" : error.reason._tag),
              onSuccess: (status) =>
                status >= 200 && status < 300 ? losses.sent(count) : lose(count, `status ${status}`)
            }),
            Effect.onInterrupt(() => lose(count, "the service stops")),
            Effect.ensuring(Effect.sync(() => {
              state.isBusy = false
            })),
            Effect.as(done)
          )
        })
      )
    })
  ).pipe(Layer.provide(NodeHttpClient.layerNodeHttp))

  return Layer.merge(serialization, client)
}

const encodings: Readonly<Record<OtlpProtocol, Layer.Layer<OtlpSerialization.OtlpSerialization>>> = {
  "http/json": OtlpSerialization.layerJson,
  "http/protobuf": OtlpSerialization.layerProtobuf
}

/** Of a body of the serialization above, which carries it. */
const spanCountOf = (body: object): number =>
  Predicate.hasProperty(body, "spanCount") && Predicate.isNumber(body.spanCount) ? body.spanCount : 0
