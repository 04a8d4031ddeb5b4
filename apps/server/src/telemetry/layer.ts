/**
 * What the service tells of itself, put together: numbers, decisions, traces.
 */
import { ResolutionObserver } from "@posh/core/serving"
import { Context, Effect, Layer } from "effect"
import { secretOf } from "../config/Secrets.ts"
import type { Settings } from "../config/variables.ts"
import { Readiness } from "../service/Readiness.ts"
import { countQuestions, countResolving } from "./counting.ts"
import { DecisionObserver, type DecisionObserverShape, unobserved } from "./DecisionObserver.ts"
import { type DecisionSettings, makeLogMask, observeDecisions } from "./decisions/layer.ts"
import { LogMask } from "./decisions/mask.ts"
import { makeMetrics, Metrics } from "./Metrics.ts"
import { watchProcess } from "./process.ts"
import { showStanding } from "./standing.ts"
import { toTraceOptions, type TraceSettings } from "./traces/options.ts"
import { makeTracing, Tracing } from "./traces/Tracing.ts"

export type TelemetrySettings = DecisionSettings & TraceSettings & Pick<Settings, "metrics">

export const layer = (settings: TelemetrySettings) =>
  Layer.effectContext(Effect.gen(function*() {
    const metrics = makeMetrics()
    const mask = yield* makeLogMask(settings)
    const decisions = yield* observeDecisions(settings, metrics, mask)
    const traces = Context.add(yield* traced(settings, metrics), LogMask, (kind, value) => mask()(kind, value))
    if (settings.metrics === "off") return Context.add(traces, DecisionObserver, decisions ?? unobserved)
    yield* watchProcess(metrics)
    yield* showStanding(metrics)
    const counted = countQuestions(metrics)
    return traces.pipe(
      Context.add(Metrics, metrics),
      Context.add(ResolutionObserver, countResolving(metrics)),
      Context.add(DecisionObserver, decisions === undefined ? counted : both(decisions, counted))
    )
  })).pipe(Layer.provide(Readiness.layer))

const traced = (settings: TelemetrySettings, { cell }: Metrics["Service"]) =>
  Effect.gen(function*() {
    const options = toTraceOptions(settings)
    if (options === undefined) return Context.empty()
    const headers = yield* secretOf("otlpHeaders", options.headers)
    const exported = cell("posh_spans_total", { result: "exported" })
    const dropped = cell("posh_spans_total", { result: "dropped" })
    // Loaded only where there is a collector: it would slow the start of everybody else.
    const { makeExporter } = yield* Effect.promise(() => import("./traces/exporter.ts"))
    const tracer = yield* makeExporter({ ...options, headers: headers.current, exported, dropped })
    return Context.make(Tracing, yield* makeTracing(tracer, options.sampling))
  })

/** The first keeps the time. */
const both = (first: DecisionObserverShape, second: DecisionObserverShape): DecisionObserverShape => ({
  asked: first.asked,
  decided: (decision, question, caller, since) => {
    first.decided(decision, question, caller, since)
    second.decided(decision, question, caller, since)
  },
  problem: (code) => {
    first.problem(code)
    second.problem(code)
  }
})
