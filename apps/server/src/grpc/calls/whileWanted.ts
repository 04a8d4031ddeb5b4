/**
 * Results that come one by one, until nobody wants them: the library asks for the next one, and waits for it for ever.
 */
import { ConnectError, type HandlerContext } from "@connectrpc/connect"
import { Effect, Stream } from "effect"

/** Interrupts the work behind the results when the caller has gone, or the deadline of the call is over. */
export const whileWanted = <A>(
  results: Stream.Stream<A, ConnectError>,
  { signal }: Pick<HandlerContext, "signal">
): Stream.Stream<A, ConnectError> => Stream.interruptWhen(results, aborted(signal))

const aborted = (signal: AbortSignal): Effect.Effect<never, ConnectError> =>
  Effect.callback((resume) => {
    const onAbort = () => resume(Effect.fail(ConnectError.from(signal.reason)))
    if (signal.aborted) return onAbort()
    signal.addEventListener("abort", onAbort)
    return Effect.sync(() => signal.removeEventListener("abort", onAbort))
  })
