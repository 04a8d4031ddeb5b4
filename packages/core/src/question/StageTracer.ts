/**
 * Spans for the stages of a traced question. A question that is not traced costs one look-up in its fiber.
 */
import { Clock, Context, Effect, Exit, Option, type Tracer } from "effect"

/**
 * Runs stages, each in a span if the question is traced.
 *
 * **Details**
 *
 * One class for traced and untraced questions keeps its call sites monomorphic, which is faster for warm answers.
 */
export class StageTracer {
  readonly #traced: TraceContext | undefined

  constructor(traced?: TraceContext) {
    this.#traced = traced
  }

  /** Runs a synchronous stage. */
  run<A>(name: string, work: () => A): A {
    return this.#traced === undefined ? work() : runInSpan(this.#traced, name, work)
  }

  /** Runs a stage that may find nothing, and then records no span; `names` are those of two nested spans. */
  find<A>(names: readonly [outer: string, inner: string], work: () => A | undefined): A | undefined {
    return this.#traced === undefined ? work() : findInSpans(this.#traced, names, work)
  }

  /** Runs a stage that may wait. */
  within<A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.#traced === undefined ? work : Effect.withSpan(work, name)
  }
}

interface TraceContext {
  readonly parent: Tracer.AnySpan
  readonly tracer: Tracer.Tracer
  readonly clock: Clock.Clock
}

/** For a question that is not traced. */
export const untraced = new StageTracer()

/** The tracer of the current fiber. */
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

// A span that is not ended is not exported.
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

/** Runs `work` in a span if there is a parent span. */
export const spanned = <A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber(({ cache }) => cache.span === undefined ? work : Effect.withSpan(work, name))
