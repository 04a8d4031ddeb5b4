/**
 * How long other servers had to answer a request, which may have waited for its turn before: only that tells something of them.
 */
import { Clock, Effect, Exit } from "effect"
import { monotonicMsOf } from "../../question/Stamp.ts"
import type { Fetcher, FetchRequest } from "../Fetcher.ts"

export interface TimedFetcher {
  /** To be put under the budgets. */
  readonly fetcher: Fetcher["Service"]
  /** Milliseconds since the request began, and its look-up in DNS; without the waits between them. */
  readonly timeAsked: (request: FetchRequest) => number
}

export const timeFetcher = ({ find, get }: Fetcher["Service"], clock: Clock.Clock): TimedFetcher => {
  const spans = new WeakMap<FetchRequest, Array<{ readonly from: number; to?: number }>>()
  const timed = <A, E>(request: FetchRequest, work: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      const span: { readonly from: number; to?: number } = { from: monotonicMsOf(clock) }
      spans.set(request, [...spans.get(request) ?? [], span])
      // What is interrupted is over at the time at which it is asked for.
      return Effect.onExit(work, (exit) =>
        Effect.sync(() => {
          if (!Exit.hasInterrupts(exit)) span.to = monotonicMsOf(clock)
        }))
    })
  return {
    fetcher: {
      get: (request) => timed(request, get(request)),
      ...(find === undefined ? {} : {
        find: (request: FetchRequest) => Effect.map(timed(request, find(request)), (asking) => timed(request, asking))
      })
    },
    timeAsked: (request) => {
      const now = monotonicMsOf(clock)
      return (spans.get(request) ?? []).reduce((sum, { from, to = now }) => sum + to - from, 0)
    }
  }
}
