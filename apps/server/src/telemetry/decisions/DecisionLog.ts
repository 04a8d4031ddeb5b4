/**
 * The decision log: one line per verdict, written asynchronously, so it never delays an answer. Records wait in a
 * bounded buffer. A record that does not fit or cannot be written is dropped and counted.
 *
 * **Details**
 *
 * Records wait as drafts and are formatted in batches: formatting a line on the hot path is several times as expensive.
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
  /** Maximum of waiting records. */
  readonly capacity: number
  readonly written: Cell
  readonly dropped: Cell
}

/** Records of about one second of a busy replica. */
export const defaultCapacity = 32_768

/** Size of one write, octets: some hundred lines. */
const chunkOctets = 256 * 1_024

/** Write interval, milliseconds. */
const restMs = 50

/** Time-out of the last records at shutdown, milliseconds. */
const finishMs = 2_000

/** The returned function queues a record or drops it; it never blocks. */
export const makeDecisionLog = (
  { capacity, dropped, sink, toDraft, written }: DecisionLogOptions
): Effect.Effect<(entry: Entry) => void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state = { drafts: [] as Array<Draft>, underWay: 0, fill: makeFill(chunkOctets) }
    const losses = makeLossCounter({ sent: written, lost: dropped, again: "The decision log is written again" })

    const write = ({ lines, octets }: Chunk): Effect.Effect<void> =>
      Effect.suspend(() => sink.write(octets)).pipe(
        // An interrupted write may still read its buffer, so the next one gets a new buffer.
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

    /** One chunk at a time: records that are not being written stay in the queue, where the shutdown flushes them. */
    const writeFirst = (count: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const chunk = state.fill(state.drafts, count)
        state.drafts.splice(0, chunk.lines)
        state.underWay = chunk.lines
        return chunk.lines === 0 ? Effect.void : Effect.andThen(write(chunk), writeFirst(count - chunk.lines))
      })
    /** Writes only the records that wait now: with later ones it would write small chunks without end. */
    const drain = Effect.suspend(() => writeFirst(state.drafts.length))
    const runFork = Effect.runForkWith(yield* Effect.context())

    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(drain), finishMs)))
    yield* drain.pipe(Effect.delay(restMs), Effect.forever, Effect.forkScoped)

    return (entry) => {
      if (state.drafts.length + state.underWay < capacity) return void state.drafts.push(toDraft(entry))
      // Only the first loss is logged, so only it needs a fiber.
      if (losses.isLosing()) dropped.value += 1
      else runFork(losses.lost(1, "The decision log is too slow; records are dropped", "full"))
    }
  })
