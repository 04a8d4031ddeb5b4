/**
 * Spans for the stages of a question that is traced. One that is not pays a look at its fiber.
 */
import { Clock, Context, Effect, Exit, Option, type Tracer } from "effect"

/**
 * Runs a stage, inside a span where there is one to belong to. One class for both: with two kinds of object the warm way
 * would pay for the traced one.
 */
export class StageTracer {
  readonly #traced: TraceContext | undefined

  constructor(traced?: TraceContext) {
    this.#traced = traced
  }

  /** One that asks nobody. */
  run<A>(name: string, work: () => A): A {
    return this.#traced === undefined ? work() : runInSpan(this.#traced, name, work)
  }

  /** One that may find nothing, and then leaves no span; `names` are of spans one inside the other. */
  find<A>(names: readonly [outer: string, inner: string], work: () => A | undefined): A | undefined {
    return this.#traced === undefined ? work() : findInSpans(this.#traced, names, work)
  }

  /** One that may wait. */
  within<A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.#traced === undefined ? work : Effect.withSpan(work, name)
  }
}

interface TraceContext {
  readonly parent: Tracer.AnySpan
  readonly tracer: Tracer.Tracer
  readonly clock: Clock.Clock
}

/** Of a question that is not traced. */
export const untraced = new StageTracer()

/** For the fiber that asks for it. */
export const currentStage: Effect.Effect<StageTracer> = Effect.withFiber((fiber) => {
  const { span: parent, tracer } = fiber.cache
  if (parent === undefined || tracer === undefined) return Effect.succeed(untraced)
  return Clock.clockWith((clock) => Effect.succeed(new StageTracer({ parent, tracer, clock })))
})

const runInSpan = <A>(traced: TraceContext, name: string, work: () => A): A => {
  const span = begin(traced, name)
  const value = work()
  span.end(traced.clock.currentTimeNanosUnsafe(), Exit.void)
  return value
}

// A span that is never ended is never exported.
const findInSpans = <A>(
  traced: TraceContext,
  [outer, inner]: readonly [string, string],
  work: () => A | undefined
): A | undefined => {
  const parent = begin(traced, outer)
  const span = begin({ ...traced, parent }, inner)
  const found = work()
  const now = traced.clock.currentTimeNanosUnsafe()
  if (found !== undefined) { for (const one of [span, parent]) one.end(now, Exit.void) }
  return found
}

const begin = ({ clock, parent, tracer }: TraceContext, name: string): Tracer.Span =>
  tracer.span({
    name,
    parent: Option.some(parent),
    annotations: Context.empty(),
    links: [],
    startTime: clock.currentTimeNanosUnsafe(),
    kind: "internal",
    root: false,
    sampled: parent.sampled
  })

/** The same work, inside a span where there is one to belong to. */
export const spanned = <A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber(({ cache }) => cache.span === undefined ? work : Effect.withSpan(work, name))
