/**
 * Which requests are traced: those whose caller says so (`traceparent`), and of those whose caller says nothing, a share.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Context, Effect, Option, Random, Tracer } from "effect"
import { Headers, HttpTraceContext } from "effect/http"
import type { Sampling } from "./options.ts"

export interface TracingShape {
  /**
   * Is the request traced? Then its work is to be done inside a span, so that its stages have theirs. `traceparent` is what its
   * caller says; the name of its span is asked for only where there is one.
   */
  readonly choose: (traceparent: string | undefined, nameOf: () => string) => Traced | undefined
}

export type Traced = <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const Tracing = Context.Reference<TracingShape>("posh/server/telemetry/Tracing", {
  defaultValue: () => ({ choose: () => undefined })
})

/** Traces a second at most that nobody asked for: a busy service would spend more on them than they tell. */
const mostPerSecond = 10

/** Without a tracer of its own a request has none: what is not traced makes no spans at all. */
export const makeTracing = (tracer: Tracer.Tracer, { isCallerHeard, share }: Sampling): Effect.Effect<TracingShape> =>
  Effect.zipWith(Random.Random, Clock.Clock, (random, clock) => {
    const second = { endsAt: 0, left: 0 }
    const isChosen = (): boolean => {
      if (random.nextDoubleUnsafe() >= share) return false
      const now = monotonicMsOf(clock)
      if (now >= second.endsAt) {
        second.endsAt = now + 1_000
        second.left = mostPerSecond
      }
      second.left -= 1
      return second.left >= 0
    }
    const begin = (name: string, parent: Tracer.ExternalSpan | undefined): Traced => (work) =>
      work.pipe(
        Effect.withSpan(name, {
          kind: "server",
          // A span is exported only if its parent is, so the caller's no is not handed down where it is not heard.
          ...(parent === undefined ? { root: true } : { parent: Tracer.externalSpan({ ...parent, sampled: true }) })
        }),
        Effect.provideService(Tracer.Tracer, tracer)
      )
    return {
      choose: (traceparent, nameOf) => {
        const parent = traceparent === undefined ? undefined : readParent(traceparent)
        const isTraced = isCallerHeard && parent !== undefined ? parent.sampled : isChosen()
        return isTraced ? begin(nameOf(), parent) : undefined
      }
    }
  })

/** A value that is no `traceparent` is as good as none (W3C Trace Context §3.2.2.6). */
const readParent = (traceparent: string): Tracer.ExternalSpan | undefined =>
  Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
