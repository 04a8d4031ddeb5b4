/**
 * The workers of a service, as their parent sees them: the state and the numbers of all.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Context, Deferred, Effect, Layer, Option } from "effect"
import type { Settings } from "../config/variables.ts"
import { isServing, type State } from "../service/Readiness.ts"
import type { WorkerEnd } from "../telemetry/labels.ts"
import { makeMetrics, type Metrics } from "../telemetry/Metrics.ts"
import {
  addCounts,
  combineGauges,
  type Counts,
  type Gauges,
  readCounts,
  readGauges,
  write
} from "../telemetry/samples.ts"
import type { ToParent } from "./messages.ts"
import { overallState } from "./overallState.ts"
import { makeSlot, noteReport, type Slot } from "./Slot.ts"

export type CrewSettings = Pick<Settings, "drainDelay" | "logFormat" | "port" | "workers" | "workerTimeout">

export class Crew extends Context.Service<Crew, {
  readonly slots: ReadonlyArray<Slot>
  readonly state: () => State
  readonly serving: () => number
  /** Does it not answer polls? */
  readonly isSilent: (slot: Slot) => boolean
  /** Metrics of the parent itself. */
  readonly own: Metrics["Service"]
  /** All metrics of all processes, in the text format of Prometheus. */
  readonly metrics: Effect.Effect<string>
  readonly receive: (slot: Slot, message: ToParent) => void
  /** The process of a slot has ended: its counts stay in the sums. */
  readonly bury: (slot: Slot) => void
  readonly countRestart: (end: WorkerEnd) => void
  /** Restarts nothing any more. */
  readonly beginStop: () => void
  readonly isStopping: () => boolean
  /** Where the first worker listens; all listen there. */
  readonly url: () => string | undefined
  /** Requests that workers did not answer to the end, while the service stops. */
  readonly cut: () => number
  /** Called whenever a worker says that it is ready. */
  readonly onReady: (listener: () => void) => void
}>()("posh/server/workers/Crew") {
  static readonly layer = (settings: CrewSettings): Layer.Layer<Crew> => Layer.effect(Crew, makeCrew(settings))
}

/** Milliseconds between two polls. */
export const pollMsOf = ({ workerTimeout }: CrewSettings): number => Math.min(1_000, workerTimeout / 6)

/** How long a scrape waits for the gauges of workers; of those that do not answer it has the last counts alone. */
const scrapeTime = "1 second"

/** Scrapes within this time get the same text, however many workers they ask. */
const scrapeInterval = "200 millis"

const makeCrew = (settings: CrewSettings) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const runFork = Effect.runForkWith(yield* Effect.context())
    const slots = Array.from({ length: settings.workers }, (_, index) => makeSlot(index + 1))
    const own = makeMetrics()
    const shown = makeMetrics()
    const listeners: Array<() => void> = []
    const facts = {
      /** Counts of processes that have ended. */
      past: addCounts([]),
      isStopping: false,
      url: undefined as string | undefined,
      cut: 0
    }
    const isSilent = ({ silent }: Slot) => silent * pollMsOf(settings) >= settings.workerTimeout / 3
    const stateOf = (slot: Slot) => slot.process === undefined || isSilent(slot) ? undefined : slot.state
    const state = () => overallState(facts.isStopping, slots.map(stateOf))
    const serving = () => slots.filter((slot) => isServing(stateOf(slot) ?? "starting")).length
    own.cell("posh_workers").read = serving
    own.cell("posh_workers_wanted").value = settings.workers

    const gaugesOf = (slot: Slot): Effect.Effect<Option.Option<Gauges>> =>
      Effect.suspend(() => {
        const wanted = Deferred.makeUnsafe<Gauges>()
        slot.wanted = wanted
        slot.process?.send({ _tag: "Poll", gauges: true })
        return Effect.timeoutOption(Deferred.await(wanted), scrapeTime)
      })
    const render = Effect.gen(function*() {
      const asked = slots.filter((slot) => stateOf(slot) !== undefined && slot.readyAt !== undefined)
      const gauges = yield* Effect.forEach(asked, gaugesOf, { concurrency: "unbounded" })
      const counts = slots.flatMap((slot): ReadonlyArray<Counts> => slot.counts === undefined ? [] : [slot.counts])
      write(
        shown,
        addCounts([facts.past, readCounts(own), ...counts]),
        combineGauges(readGauges(own), gauges.flatMap(Option.toArray))
      )
      return yield* shown.text
    })
    const metrics = yield* Effect.cachedWithTTL(render, scrapeInterval)

    const answer = (slot: Slot, what: "state" | "metrics"): void => {
      const { process } = slot
      if (what === "state") return process?.send({ _tag: "OverallState", state: state() })
      runFork(Effect.map(metrics, (text) => process?.send({ _tag: "OverallMetrics", text })))
    }

    return Crew.of({
      slots,
      state,
      serving,
      isSilent,
      own,
      metrics,
      receive: (slot, message) => {
        if (message._tag === "Report") return noteReport(slot, message)
        if (message._tag === "Failed") return void (slot.fault = message.message)
        if (message._tag === "Cut") return void (facts.cut += message.requests)
        if (message._tag === "Ask") {
          slot.state = message.state
          return answer(slot, message.what)
        }
        Object.assign(slot, { state: "ready", readyAt: monotonicMsOf(clock), failedStarts: 0 })
        if (slot.failures > 0) runFork(Effect.logInfo(`worker ${slot.worker} is ready again`))
        facts.url = message.url
        for (const listener of listeners) listener()
      },
      bury: (slot) => {
        facts.past = addCounts([facts.past, ...(slot.counts === undefined ? [] : [slot.counts])])
      },
      countRestart: (reason) => void (own.cell("posh_worker_restarts_total", { reason }).value += 1),
      beginStop: () => void (facts.isStopping = true),
      isStopping: () => facts.isStopping,
      url: () => facts.url,
      cut: () => facts.cut,
      onReady: (listener) => void listeners.push(listener)
    })
  })
