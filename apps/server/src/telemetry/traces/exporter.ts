/**
 * Spans to a collector, over OTLP/HTTP, behind the answers and never in their way: one batch is under way, one waits, and
 * what comes meanwhile is dropped and counted.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { ConfigProvider, Effect, Layer, Redacted, type Scope, type Tracer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { productVersion } from "../../process/version.ts"
import { makeLossCounter } from "../LossCounter.ts"
import type { Cell } from "../Metrics.ts"

export interface ExporterOptions {
  readonly endpoint: URL
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>> | undefined
  readonly serviceName: string
  readonly exported: Cell
  readonly dropped: Cell
}

/** Spans sent at once, and so the most that wait. */
const batch = 512

/** How long spans wait for others. */
const restTime = "2 seconds"

/** How long the collector may take for one batch, and the last one at the end of the service. */
const exportTime = "5 seconds"
const finishTime = "2 seconds"

export const makeExporter = (options: ExporterOptions): Effect.Effect<Tracer.Tracer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { endpoint, headers, serviceName } = options
    const base = endpoint.href.replace(/\/+$/, "")
    const parts = yield* Layer.build(Layer.mergeAll(countingLayer(options), OtlpExporter.layerFlusher))
    return yield* OtlpTracer.make({
      url: `${base}/v1/traces`,
      resource: { serviceName, serviceVersion: productVersion },
      ...(headers === undefined ? {} : { headers: Redacted.value(headers) }),
      exportInterval: restTime,
      maxBatchSize: batch,
      shutdownTimeout: finishTime
    }).pipe(
      Effect.provideContext(parts),
      // The environment is read in one place, and that is not here.
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))
    )
  })

/**
 * The way to the collector, which never fails: the exporter would give up for a minute and drop spans that nobody counts,
 * and one that is slow would be sent more and more at once.
 */
const countingLayer = ({ dropped, exported }: ExporterOptions) => {
  const sizes = new WeakMap<object, number>()
  const state = { isBusy: false }
  const losses = makeLossCounter({ sent: exported, lost: dropped, again: "Traces are exported again" })

  const serialization = Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (json) => ({
      ...json,
      traces: (data) => {
        const body = json.traces(data)
        sizes.set(body, data.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length)
        return body
      }
    }))
  ).pipe(Layer.provide(OtlpSerialization.layerJson))

  const client = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (http) => {
      const lose = (count: number, why: string) =>
        losses.lost(count, "Traces cannot be exported; spans are dropped", why)
      return HttpClient.make((request) =>
        Effect.suspend(() => {
          const count = sizes.get(request.body) ?? 0
          const done = HttpClientResponse.fromWeb(request, new Response(null, { status: 204 }))
          if (state.isBusy) return Effect.as(lose(count, "the collector is slow"), done)
          state.isBusy = true
          return http.execute(request).pipe(
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
