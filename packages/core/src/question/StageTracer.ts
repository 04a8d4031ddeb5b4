/**
 * Spans for the stages of a question that is traced. One that is not pays a look at its fiber.
 */
import { Clock, Context, Effect, Exit, Option, type Tracer } from "effect"

/**
 * Runs a stage, inside a span where there is one to belong to. One class for both: with two kinds of object the warm way
 * would pay for the traced one.
 */
export class StageTracer {
  readonly #traced: Traced | undefined

  constructor(traced?: Traced) {
    this.#traced = traced
  }

  /** One that asks nobody. */
  run<A>(name: string, work: () => A): A {
    return this.#traced === undefined ? work() : runInSpan(this.#traced, name, work)
  }

  /** One that may wait. */
  within<A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.#traced === undefined ? work : Effect.withSpan(work, name)
  }
}

interface Traced {
  readonly parent: Tracer.AnySpan
  readonly tracer: Tracer.Tracer
  readonly clock: Clock.Clock
}

/** The stage of whoever is not traced. */
export const untraced = new StageTracer()

/** For the fiber that asks for it. */
export const currentStage: Effect.Effect<StageTracer> = Effect.withFiber((fiber) => {
  const { span: parent, tracer } = fiber.cache
  if (parent === undefined || tracer === undefined) return Effect.succeed(untraced)
  return Clock.clockWith((clock) => Effect.succeed(new StageTracer({ parent, tracer, clock })))
})

const runInSpan = <A>({ clock, parent, tracer }: Traced, name: string, work: () => A): A => {
  const span = tracer.span({
    name,
    parent: Option.some(parent),
    annotations: Context.empty(),
    links: [],
    startTime: clock.currentTimeNanosUnsafe(),
    kind: "internal",
    root: false,
    sampled: parent.sampled
  })
  const value = work()
  span.end(clock.currentTimeNanosUnsafe(), Exit.void)
  return value
}

/** The same work, inside a span where there is one to belong to. */
export const spanned = <A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber(({ cache }) => cache.span === undefined ? work : Effect.withSpan(work, name))
