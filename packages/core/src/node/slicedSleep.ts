/**
 * A sleep for time-outs of origins that a blocked event loop does not shorten. A process that was too busy to read its
 * sockets finds a response late, and must not blame the origin: the failure would be cached. So the time is counted in
 * slices. Each slice ends in a turn of the event loop of its own, and a slice that ends late counts as one slice.
 */
import { Effect } from "effect"

const slices = 10

/** As `Effect.sleep`, but longer if the event loop is blocked. The caller's own deadline still holds. */
export const slicedSleep = (milliseconds: number): Effect.Effect<void> =>
  Effect.asVoid(Effect.repeat(Effect.sleep(Math.max(0, milliseconds) / slices), { times: slices - 1 }))
