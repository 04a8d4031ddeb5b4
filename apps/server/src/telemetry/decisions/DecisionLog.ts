/**
 * The decision log: one line for each verdict, written behind the answers and never in their way. Lines wait in a bounded
 * buffer; what does not fit, and what cannot be written, is dropped and counted.
 *
 * **Details**
 *
 * They wait as drafts, and are written out many at a time: a line alone, amid all else that an answer does, costs several
 * times as much as one of hundreds.
 */
import { Effect, type Scope } from "effect"
import { makeLossCounter } from "../LossCounter.ts"
import type { Cell } from "../Metrics.ts"
import { type Chunk, makeFill } from "./chunk.ts"
import type { Draft, Entry, ToDraft } from "./record.ts"
import type { Sink } from "./sink.ts"

export interface DecisionLogOptions {
  readonly sink: Sink
  readonly toDraft: ToDraft
  /** Lines that wait at most. */
  readonly capacity: number
  readonly written: Cell
  readonly dropped: Cell
}

/** A second of a busy replica. */
export const defaultCapacity = 32_768

/** Octets written at once: some hundred lines. */
const chunkOctets = 256 * 1_024

/** How long a record waits for others. */
const restMs = 50

/** How long the end of the service waits for the last records. */
const finishMs = 2_000

/** The callback takes a record, or drops it; it waits for nothing. */
export const makeDecisionLog = (
  { capacity, dropped, sink, toDraft, written }: DecisionLogOptions
): Effect.Effect<(entry: Entry) => void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state = { drafts: [] as Array<Draft>, underWay: 0, fill: makeFill(chunkOctets) }
    const losses = makeLossCounter({ sent: written, lost: dropped, again: "The decision log is written again" })

    const write = ({ lines, octets }: Chunk): Effect.Effect<void> =>
      Effect.suspend(() => sink.write(octets)).pipe(
        // What is still being written reads its memory, also when nobody waits for it any more.
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            state.fill = makeFill(chunkOctets)
          })
        ),
        Effect.matchEffect({
          onFailure: ({ message }) =>
            losses.lost(lines, "The decision log cannot be written; records are dropped", message),
          onSuccess: () => losses.sent(lines)
        })
      )

    /** One chunk after the other: what is not under way yet stays where the end of the service finds it. */
    const writeFirst = (count: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const chunk = state.fill(state.drafts, count)
        state.drafts.splice(0, chunk.lines)
        state.underWay = chunk.lines
        return chunk.lines === 0 ? Effect.void : Effect.andThen(write(chunk), writeFirst(count - chunk.lines))
      })
    /** What is there now: to take what comes meanwhile as well would be to write a few lines at a time, without end. */
    const drain = Effect.suspend(() => writeFirst(state.drafts.length))
    const runFork = Effect.runForkWith(yield* Effect.context())

    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(drain), finishMs)))
    yield* drain.pipe(Effect.delay(restMs), Effect.forever, Effect.forkScoped)

    return (entry) => {
      if (state.drafts.length + state.underWay < capacity) return void state.drafts.push(toDraft(entry))
      // A fiber only where there is something to say: those that follow are many.
      if (losses.isLosing()) dropped.value += 1
      else runFork(losses.lost(1, "The decision log is too slow; records are dropped", "full"))
    }
  })
