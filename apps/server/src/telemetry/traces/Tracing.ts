/**
 * Which requests are traced: those whose caller says so (`traceparent`), and of those whose caller says nothing, a share.
 */
import { Context, Effect, Option, Random, Tracer } from "effect"
import { Headers, HttpTraceContext } from "effect/http"
import type { IncomingMessage } from "node:http"
import { findRoute } from "../routes.ts"

export interface TracingShape {
  /** The same work; inside a span where the request is traced, so that its stages have theirs. */
  readonly trace: <A, E, R>(request: IncomingMessage, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const Tracing = Context.Reference<TracingShape>("posh/server/telemetry/Tracing", {
  defaultValue: () => ({ trace: (_request, work) => work })
})

/** Without a tracer of its own a request has none: what is not traced makes no spans at all. */
export const makeTracing = (tracer: Tracer.Tracer, share: number): Effect.Effect<TracingShape> =>
  Effect.map(Random.Random, (random) => {
    const begin = <A, E, R>(
      request: IncomingMessage,
      parent: Tracer.ExternalSpan | undefined,
      work: Effect.Effect<A, E, R>
    ) =>
      work.pipe(
        Effect.withSpan(findRoute(request), {
          kind: "server",
          ...(parent === undefined ? { root: true } : { parent })
        }),
        Effect.provideService(Tracer.Tracer, tracer)
      )
    return {
      trace: (request, work) => {
        const { traceparent } = request.headers
        const parent = typeof traceparent === "string" ? readParent(traceparent) : undefined
        const isTraced = parent === undefined ? random.nextDoubleUnsafe() < share : parent.sampled
        return isTraced ? begin(request, parent, work) : work
      }
    }
  })

/** A value that is no `traceparent` is as good as none (W3C Trace Context §3.2.2.6). */
const readParent = (traceparent: string): Tracer.ExternalSpan | undefined =>
  Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent })))
