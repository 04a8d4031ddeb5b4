/**
 * What a worker has of its parent: it is told what to be, reports, and asks how all workers are.
 */
import { Deferred, Effect, Exit, Option } from "effect"
import cluster from "node:cluster"
import type { ShutdownShape } from "../process/Shutdown.ts"
import type { OverallShape } from "../service/Overall.ts"
import { isServing, type State } from "../service/Readiness.ts"
import type { Metrics } from "../telemetry/Metrics.ts"
import { readCounts, readGauges } from "../telemetry/samples.ts"
import { decodeToWorker, longestFault, type ToParent, type ToWorker } from "./messages.ts"

/** What a worker reports of itself. */
export interface WorkerFacts {
  readonly state: () => State
  /** `undefined` if the service does not count. */
  readonly metrics: Metrics["Service"] | undefined
}

export interface ParentLink {
  readonly start: ToWorker & { readonly _tag: "Start" }
  /** The worker is ready, and has from now on what it reports. */
  readonly reportReady: (url: string, facts: WorkerFacts) => void
  /** Resolves when the parent has it. */
  readonly reportFault: (message: string) => Effect.Effect<void>
  readonly overall: OverallShape
  readonly shutdown: ShutdownShape
  /** Resolves when the parent has gone. */
  readonly gone: Effect.Effect<void>
}

/** Milliseconds that a caller who asks for all workers waits for the parent. */
const answerMs = { state: 1_000, metrics: 3_000 } as const

/** Waits for the first message. */
export const connectParent: Effect.Effect<ParentLink> = Effect.gen(function*() {
  const started = Deferred.makeUnsafe<ParentLink["start"]>()
  const gone = Deferred.makeUnsafe<void>()
  const own: { facts: WorkerFacts } = { facts: { state: () => "starting", metrics: undefined } }
  const asked = makeAsked()

  const report = (wantsGauges: boolean): ToParent => {
    const { metrics, state } = own.facts
    return {
      _tag: "Report",
      state: state(),
      ...(metrics === undefined ? {} : { counts: readCounts(metrics) }),
      ...(metrics === undefined || !wantsGauges ? {} : { gauges: readGauges(metrics) })
    }
  }
  const receive = (message: ToWorker): void => {
    if (message._tag === "Start") return void Deferred.doneUnsafe(started, Exit.succeed(message))
    if (message._tag === "Poll") return send(report(message.gauges))
    return message._tag === "OverallState" ? asked.state.answer(message.state) : asked.metrics.answer(message.text)
  }
  process.on("message", (message: unknown) => {
    const decoded = decodeToWorker(message)
    if (Option.isSome(decoded)) receive(decoded.value)
  })
  cluster.worker?.once("disconnect", () => {
    // Otherwise Node.js ends the process at once, in the middle of requests.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
    Deferred.doneUnsafe(gone, Exit.void)
  })

  const state = Effect.suspend(() => {
    const now = own.facts.state()
    if (now === "stopping") return Effect.succeed(now)
    const ask = asked.state.ask(() => send({ _tag: "Ask", what: "state", state: now }), answerMs.state)
    // A parent that does not answer restarts nothing.
    return Effect.map(ask, Option.getOrElse((): State => isServing(now) ? "degraded" : now))
  })
  const metrics = Effect.suspend(() => {
    const ask = () => send({ _tag: "Ask", what: "metrics", state: own.facts.state() })
    // Numbers of this worker alone would look like counters that were reset.
    return Effect.flatMap(asked.metrics.ask(ask, answerMs.metrics), (text) => Effect.orDie(Effect.fromOption(text)))
  })

  return {
    start: yield* Deferred.await(started),
    reportReady: (url, facts) => {
      own.facts = facts
      send({ _tag: "Ready", url })
    },
    reportFault: (message) => sendSurely({ _tag: "Failed", message: message.slice(0, longestFault) }),
    overall: { state, metrics },
    shutdown: { begin: Effect.void, cut: (requests) => send({ _tag: "Cut", requests }) },
    gone: Deferred.await(gone)
  }
})

/** A question to the parent: those who ask meanwhile share its answer. */
const makeQuestion = <A>() => {
  const state: { waiting: Deferred.Deferred<A> | undefined } = { waiting: undefined }
  return {
    ask: (send: () => void, withinMs: number): Effect.Effect<Option.Option<A>> =>
      Effect.suspend(() => {
        const waiting = state.waiting ?? Deferred.makeUnsafe<A>()
        if (state.waiting === undefined) send()
        state.waiting = waiting
        return Deferred.await(waiting).pipe(
          Effect.timeoutOption(withinMs),
          Effect.tap((answer) =>
            Effect.sync(() => {
              if (Option.isNone(answer) && state.waiting === waiting) state.waiting = undefined
            })
          )
        )
      }),
    answer: (value: A): void => {
      const { waiting } = state
      state.waiting = undefined
      if (waiting !== undefined) Deferred.doneUnsafe(waiting, Exit.succeed(value))
    }
  }
}

const makeAsked = () => ({ state: makeQuestion<State>(), metrics: makeQuestion<string>() })

/** What cannot be sent any more is forgotten. */
const send = (message: ToParent): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

const sendSurely = (message: ToParent): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (!process.connected) return resume(Effect.void)
    process.send?.(message, undefined, undefined, () => resume(Effect.void))
  })
