/**
 * Spans for the stages of a question that is traced. One that is not pays a look at its fiber.
 */
import { Clock, Context, Effect, Exit, Option } from "effect"

/** Runs a stage, inside a span where there is one to belong to. */
export interface Stage {
  /** One that asks nobody. */
  readonly run: <A>(name: string, work: () => A) => A
  /** One that may wait. */
  readonly within: <A, E, R>(name: string, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** The stage of whoever is not traced. */
export const untraced: Stage = { run: (_name, work) => work(), within: (_name, work) => work }

/** For the fiber that asks for it. */
export const currentStage: Effect.Effect<Stage> = Effect.withFiber((fiber) => {
  const { span: parent, tracer } = fiber.cache
  if (parent === undefined || tracer === undefined) return Effect.succeed(untraced)
  return Clock.clockWith((clock) =>
    Effect.succeed<Stage>({
      run: (name, work) => {
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
      },
      within: (name, work) => Effect.withSpan(work, name)
    })
  )
})

/** The same work, inside a span where there is one to belong to. */
export const spanned = <A, E, R>(name: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiber(({ cache }) => cache.span === undefined ? work : Effect.withSpan(work, name))
