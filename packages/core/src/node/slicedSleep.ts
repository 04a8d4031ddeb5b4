/**
 * Waiting for others, and not for ourselves. A process that is too busy to look at its sockets finds an answer late that
 * may have been there for long, and must not take that for a fault of the origin, which would be remembered. So the time
 * is counted in slices: each ends in a turn of the event loop of its own, and one that ends late counts for no more than
 * one that ends in time.
 */
import { Effect } from "effect"

const slices = 10

/** As `Effect.sleep`, and longer where the process is busy. Whoever asks has a deadline besides, which is kept. */
export const slicedSleep = (milliseconds: number): Effect.Effect<void> =>
  Effect.asVoid(Effect.repeat(Effect.sleep(Math.max(0, milliseconds) / slices), { times: slices - 1 }))
