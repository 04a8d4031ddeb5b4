/**
 * The decision log: one line for each verdict, written behind the answers and never in their way. Lines wait in a bounded
 * buffer; what does not fit, and what cannot be written, is dropped and counted.
 *
 * **Details**
 *
 * They wait as octets, and not as records: what hangs on a verdict would outlive its answer by far, and cost the garbage
 * collector more than all else here.
 */
import { Effect, type Scope } from "effect"
import { type Cell } from "../Metrics.ts"
import type { Entry, ToLine } from "./record.ts"
import type { Sink, SinkError } from "./sink.ts"

export interface DecisionLogOptions {
  readonly sink: Sink
  readonly toLine: ToLine
  /** Lines that wait at most. */
  readonly capacity: number
  readonly written: Cell
  readonly dropped: Cell
}

/** A second of a busy replica. */
export const usualCapacity = 32_768

/** Octets written at once: some hundred lines. */
const chunkOctets = 256 * 1_024

/** How long a record waits for others. */
const restMs = 50

/** How long the end of the service waits for the last records. */
const finishMs = 2_000

/** The callback takes a record, or drops it; it waits for nothing. */
export const makeDecisionLog = (
  { capacity, dropped, sink, toLine, written }: DecisionLogOptions
): Effect.Effect<(entry: Entry) => void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state = { chunk: makeChunk(), full: [] as Array<Chunk>, waiting: 0, isFailing: false }

    const write = ({ lines, octets, used }: Chunk): Effect.Effect<void> =>
      Effect.suspend(() => sink.write(octets.subarray(0, used))).pipe(
        Effect.matchEffect({ onFailure: (error) => fail(lines, error), onSuccess: () => succeed(lines) }),
        Effect.andThen(Effect.sync(() => {
          state.waiting -= lines
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

    /** One after the other: what is not under way yet stays where the end of the service finds it. */
    const writeFull: Effect.Effect<void> = Effect.suspend(() => {
      const next = state.full.shift()
      return next === undefined ? Effect.void : Effect.andThen(write(next), writeFull)
    })
    const drain = Effect.suspend(() => {
      if (state.chunk.lines > 0) {
        state.full.push(state.chunk)
        state.chunk = makeChunk()
      }
      return writeFull
    })
    const runFork = Effect.runForkWith(yield* Effect.context())

    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(drain), finishMs)))
    yield* drain.pipe(Effect.delay(restMs), Effect.forever, Effect.forkScoped)

    return (entry) => {
      if (state.waiting >= capacity) {
        dropped.value += 1
        if (!state.isFailing) runFork(begin("The decision log is too slow; records are dropped", "full"))
        return
      }
      const { head, middle, tail } = toLine(entry)
      const length = head.length + middle.length + tail.length
      if (state.chunk.used + length > state.chunk.octets.length) {
        if (state.chunk.lines > 0) state.full.push(state.chunk)
        state.chunk = makeChunk(length)
      }
      const { chunk } = state
      chunk.octets.write(head, chunk.used, "latin1")
      chunk.octets.set(middle, chunk.used + head.length)
      chunk.octets.write(tail, chunk.used + head.length + middle.length, "latin1")
      chunk.used += length
      chunk.lines += 1
      state.waiting += 1
    }
  })

interface Chunk {
  readonly octets: Buffer
  used: number
  lines: number
}

const makeChunk = (least = 0): Chunk => ({
  octets: Buffer.allocUnsafeSlow(Math.max(chunkOctets, least)),
  used: 0,
  lines: 0
})
