/**
 * The decision log: one record for each verdict, written behind the answers and never in their way. Records wait in a
 * bounded buffer; what does not fit, and what cannot be written, is dropped and counted.
 */
import { Effect, type Scope } from "effect"
import { type Cell } from "../Metrics.ts"
import type { Entry, ToLine } from "./record.ts"
import type { Sink, SinkError } from "./sink.ts"

export interface DecisionLogOptions {
  readonly sink: Sink
  readonly toLine: ToLine
  /** Records that wait at most. */
  readonly capacity: number
  readonly written: Cell
  readonly dropped: Cell
}

/** A second of a busy replica. */
export const usualCapacity = 32_768

/** Records written at once: as many as take about a millisecond to put into words. */
const batch = 1_024

/** How long a record waits for others. */
const restMs = 50

/** How long the end of the service waits for the last records. */
const finishMs = 2_000

/** The callback takes a record, or drops it; it costs a few nanoseconds. */
export const makeDecisionLog = (
  { capacity, dropped, sink, toLine, written }: DecisionLogOptions
): Effect.Effect<(entry: Entry) => void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state: { waiting: Array<Entry>; underWay: number; isFailing: boolean } = {
      waiting: [],
      underWay: 0,
      isFailing: false
    }

    const write = (entries: ReadonlyArray<Entry>): Effect.Effect<void> =>
      Effect.suspend(() => sink.write(entries.map((entry) => toLine(entry)).join(""))).pipe(
        Effect.matchEffect({
          onFailure: (error) => fail(entries.length, error),
          onSuccess: () => succeed(entries.length)
        }),
        Effect.andThen(Effect.sync(() => {
          state.underWay -= entries.length
        }))
      )
    const succeed = (count: number) =>
      Effect.suspend(() => {
        written.value += count
        if (!state.isFailing) return Effect.void
        state.isFailing = false
        return Effect.logInfo("The decision log is written again")
      })
    const fail = (count: number, error: SinkError) =>
      Effect.suspend(() => {
        dropped.value += count
        return begin("The decision log cannot be written; records are dropped", error.message)
      })
    /** One line when it begins, not one a record. */
    const begin = (message: string, why: string) =>
      Effect.suspend(() => {
        if (state.isFailing) return Effect.void
        state.isFailing = true
        return Effect.logWarning(message).pipe(Effect.annotateLogs({ why }))
      })

    const drain: Effect.Effect<void> = Effect.gen(function*() {
      const entries = state.waiting
      state.waiting = []
      state.underWay += entries.length
      for (let from = 0; from < entries.length; from += batch) {
        // Answers come in between.
        if (from > 0) yield* Effect.yieldNow
        yield* write(entries.slice(from, from + batch))
      }
    })
    const runFork = Effect.runForkWith(yield* Effect.context())

    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(drain), finishMs)))
    yield* drain.pipe(Effect.delay(restMs), Effect.forever, Effect.forkScoped)

    return (entry) => {
      if (state.waiting.length + state.underWay >= capacity) {
        dropped.value += 1
        if (!state.isFailing) runFork(begin("The decision log is too slow; records are dropped", "full"))
        return
      }
      state.waiting.push(entry)
    }
  })
