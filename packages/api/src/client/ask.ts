/**
 * One question until it is answered, or its time is over: over all endpoints, repeated only where that can help.
 */
import { Effect, Result } from "effect"
import type { Batcher, Delivery, Jitter, OutgoingQuestion } from "./Batcher.ts"
import { checkAnswer } from "./checkAnswer.ts"
import type { Endpoints } from "./Endpoints.ts"
import { ClientError, type RequestFault, toFault } from "./faults.ts"
import type { PreparedQuestion } from "./prepare.ts"
import { afterAnswer, afterFault } from "./retry.ts"

export interface AskContext {
  readonly batcher: Batcher
  readonly endpoints: Endpoints
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** Ends by `until`, of the monotonic clock. */
export const ask = (
  context: AskContext,
  question: PreparedQuestion,
  until: number
): Effect.Effect<Delivery, ClientError> =>
  Effect.gen(function*() {
    const { endpoints, now } = context
    const avoid = new Set<number>()
    let undecided: Delivery | undefined
    let alone = false
    for (let count = 1;; count += 1) {
      const untriedBefore = Math.max(1, endpoints.size - avoid.size)
      // Each endpoint that is left has its share, so that one which hangs does not use up the time of the others.
      const budgetMs = Math.max(1, Math.floor((until - now()) / untriedBefore))
      const result = yield* Effect.result(tryOnce(context, question, { avoid, alone, budgetMs }))
      const tried = {
        count,
        endpoints: endpoints.size,
        untried: endpoints.size - avoid.size,
        remainingMs: until - now()
      }
      if (Result.isSuccess(result)) {
        const { answer, hurried } = result.success
        if (hurried && answer.code === "DeadlineExceeded") {
          undecided = result.success
          alone = true
          continue
        }
        const next = afterAnswer(answer, { ...tried, jitter: result.success.jitter })
        if (!next.again) return result.success
        undecided = result.success
        yield* Effect.sleep(next.waitMs)
        continue
      }
      const next = afterFault(result.failure, { ...tried, jitter: result.failure.jitter })
      if (!next.again) {
        // What the service could not decide says more than that a repetition failed.
        return undecided ?? (yield* Effect.fail(new ClientError({ fault: result.failure.fault })))
      }
      if (next.waitMs === 0) continue
      avoid.clear()
      yield* Effect.sleep(next.waitMs)
    }
  })

const tryOnce = (
  { batcher, endpoints, now }: AskContext,
  question: PreparedQuestion,
  { alone, avoid, budgetMs }: { readonly alone: boolean; readonly avoid: Set<number>; readonly budgetMs: number }
): Effect.Effect<Delivery, RequestFault & Jitter> => {
  const ticket: OutgoingQuestion = {
    question,
    deadlineMs: deadlineOf(budgetMs),
    avoid: new Set(avoid),
    alone,
    endpoint: undefined
  }
  const checked = Effect.flatMap(
    batcher.ask(ticket),
    (delivery) =>
      Effect.matchEffect(checkAnswer(question, delivery.answer), {
        onFailure: (fault) => {
          const endpoint = endpoints.at(ticket.endpoint ?? -1)?.origin
          if (fault.elsewhere && ticket.endpoint !== undefined) endpoints.failed(ticket.endpoint, now())
          return Effect.fail({
            ...fault,
            fault: endpoint === undefined ? fault.fault : { ...fault.fault, endpoint },
            jitter: 0
          })
        },
        onSuccess: () => Effect.succeed(delivery)
      })
  )
  return checked.pipe(
    Effect.timeoutOrElse({
      duration: budgetMs,
      orElse: () =>
        Effect.suspend(() => {
          // A service that works answers before, because its deadline is earlier.
          if (ticket.endpoint !== undefined) endpoints.failed(ticket.endpoint, now())
          return Effect.fail({ ...toFault("TimedOut"), jitter: 0 })
        })
    }),
    Effect.tapError((fault) =>
      Effect.sync(() => {
        if (fault.elsewhere && ticket.endpoint !== undefined) avoid.add(ticket.endpoint)
      })
    )
  )
}

/** Milliseconds for the service, so that its `indeterminate` arrives before the time-out. Its bounds are POSH-REQ-07's. */
const deadlineOf = (budgetMs: number): number =>
  Math.min(30_000, Math.max(50, Math.floor(budgetMs - Math.min(500, budgetMs / 10))))
