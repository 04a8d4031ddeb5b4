/**
 * The client over both faces: cache, shared calls, then the service.
 */
import { Clock, Context, Effect, Result, Scheduler } from "effect"
import { AnswerCache } from "./AnswerCache.ts"
import { ask } from "./ask.ts"
import { Batcher, type Delivery } from "./Batcher.ts"
import type { ClientSettings } from "./ClientSettings.ts"
import { Endpoints } from "./Endpoints.ts"
import { ClientError, toFault } from "./faults.ts"
import { prepare, type PreparedQuestion } from "./prepare.ts"
import { Room } from "./Room.ts"
import { checkSettings } from "./settings.ts"
import { SharedCalls } from "./SharedCalls.ts"
import type { ClientAnswer, ClientQuestion } from "./VerifyResult.ts"

export interface VerifyClient {
  /** Asks the service, unless an answer is kept. An interrupt gives the question up, for this caller alone. */
  readonly verify: (question: ClientQuestion) => Effect.Effect<ClientAnswer, ClientError>
  /** A kept answer, at once. It is always a yes; `undefined` says nothing. */
  readonly recall: (question: ClientQuestion) => ClientAnswer | undefined
}

/** Throws a `TypeError` for settings that are none: an error of the program. */
export const makeVerifyClient = (settings: ClientSettings): Effect.Effect<VerifyClient> => {
  const checked = checkSettings(settings)
  return Effect.gen(function*() {
    const clock = yield* Clock.Clock
    // Requests outlive what makes the client: under `runSync` its scheduler ends with it.
    const fork = Effect.runForkWith(Context.omit(Scheduler.Scheduler)(yield* Effect.context()))
    const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    const endpoints = new Endpoints(checked.endpoints)
    const batcher = new Batcher(checked, endpoints, now, fork)
    const cache = new AnswerCache(checked.entries)
    const room = new Room()
    const calls = new SharedCalls<Delivery, ClientError>(fork)
    const find = (question: PreparedQuestion) => cache.find(question, now(), clock.currentTimeMillisUnsafe())

    const askUntil = (question: PreparedQuestion, until: number): Effect.Effect<Delivery, ClientError> => {
      const work = Effect.tap(
        ask({ batcher, endpoints, now }, question, until),
        (delivery) => Effect.sync(() => cache.keep(question, delivery))
      )
      // Questions with different deadlines are different calls.
      const key = `${question.deadlineMs ?? ""} ${question.key}`
      return calls.join(
        key,
        work,
        ({ began, result }) => Effect.map(Effect.result(result), (result) => ({ began, result }))
      )
        .pipe(Effect.flatMap(({ began, result }) => {
          if (Result.isSuccess(result)) return Effect.succeed(result.success)
          const { failure } = result
          // The deadline that ended was that of an earlier caller.
          const isOthers = !began && failure.fault.code === "TimedOut" && now() < until
          return isOthers ? askUntil(question, until) : Effect.fail(failure)
        }))
    }

    return {
      verify: (question) =>
        Effect.suspend((): Effect.Effect<ClientAnswer, ClientError> => {
          const prepared = prepare(question)
          if (Result.isFailure(prepared)) {
            return Effect.fail(
              new ClientError({ fault: toFault("InvalidQuestion", { detail: prepared.failure }).fault })
            )
          }
          const kept = find(prepared.success)
          if (kept !== undefined) return Effect.succeed(kept)
          const timeoutMs = Math.min(checked.timeoutMs, prepared.success.deadlineMs ?? checked.timeoutMs)
          const asked = room.hold(prepared.success.octets, askUntil(prepared.success, now() + timeoutMs))
          return Effect.map(asked, ({ answer }) => answer)
        }).pipe(
          Effect.catchDefect(() => Effect.fail(new ClientError({ fault: toFault("Defect").fault })))
        ),
      recall: (question) => Result.getOrUndefined(Result.flatMap(Result.try(() => prepare(question)), Result.map(find)))
    }
  })
}
