/**
 * Answers the questions of a batch: equal ones once, each within its own deadline.
 */
import { batchLimits, BatchQuestion, type Problem } from "@posh/api"
import type { Question } from "@posh/core"
import { monotonicMsOf, spanned } from "@posh/core/serving"
import { Clock, Effect, Fiber, Predicate, Result, Schema, Struct } from "effect"
import { DecisionObserver } from "../telemetry/DecisionObserver.ts"
import { logsDebug } from "../telemetry/logging.ts"
import type { Caller } from "./Caller.ts"
import { CallerQuestion } from "./CallerQuestion.ts"
import type { Decide, Decider } from "./Decider.ts"
import type { Limits } from "./limits/Limits.ts"
import { eachPiece } from "./limits/Turns.ts"
import { isPlainBatchQuestion } from "./plainQuestion.ts"
import { internalProblem, problemAt, schemaProblem } from "./problems.ts"
import { type EncodeAnswer, SharedQuestion } from "./SharedQuestion.ts"

/** A batch that a transport has read. */
export interface Batch {
  /** Each question as a JSON value, or why it is none. */
  readonly requests: ReadonlyArray<Result.Result<unknown, Problem>>
  /** Milliseconds of the monotonic clock. */
  readonly arrivedAt: number
}

/** What the transport of a batch provides. */
export interface BatchTransport<A> {
  /** Called once for equal questions, and again after a second. */
  readonly encode: EncodeAnswer<A>
  /** Calls `release` once the response is sent or aborted. */
  readonly onClosed: (release: () => void) => void
}

/** The result of one question of a batch. */
export interface BatchItem<A> {
  readonly id: string | undefined
  readonly answer: Result.Result<A, Problem>
}

/** The results of a batch, in the order of its questions. */
export interface BatchItems<A> {
  readonly size: number
  /** The next result, of `size` in all. It leaves its place in flight, so take it when it can be sent. */
  readonly next: () => BatchItem<A>
}

type BatchDecider = Pick<Decider["Service"], "ask" | "decide" | "recall">

/**
 * Answers a batch. Fails only if the questions in flight are at their limit.
 *
 * **Details**
 *
 * Decoding runs in time slices. So must the caller of `next` (`inTurn`), because encoding takes time.
 * The deadline of each question starts when the batch arrives. A question holds its place in flight until its result
 * is taken or the response is closed. An interrupt cancels all questions.
 */
export const answerBatch = <A>(
  decider: BatchDecider,
  { inTurn, takePlaces }: Pick<Limits["Service"], "inTurn" | "takePlaces">,
  caller: Caller,
  { arrivedAt, requests }: Batch,
  { encode, onClosed }: BatchTransport<A>
): Effect.Effect<BatchItems<A>, Problem> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const observations = yield* DecisionObserver
    const held = yield* Effect.fromResult(takePlaces(caller, requests.length))
    onClosed(() => held.giveBack())

    const runFork = Effect.runForkWith(yield* Effect.context())
    const { decide, recall } = yield* waysOf(decider)
    const shared = new Map<string, SharedQuestion<A>>()
    const share: Share<A> = (question) => {
      const key = keyOf(question)
      const known = shared.get(key)
      if (known !== undefined) return known
      const asked = new CallerQuestion(question)
      const inFiber = () => spanned("Question", decide(asked, caller, monotonicMsOf(clock) - arrivedAt))
      const fresh = new SharedQuestion<A>(recall(asked, caller) ?? runFork(Effect.result(inFiber())))
      shared.set(key, fresh)
      return fresh
    }
    const decided = Effect.gen(function*() {
      const places = yield* inTurn(eachPiece(requests, (request) => toPlace(request, share)))
      for (const question of shared.values()) {
        if (question.fiber !== undefined) question.decision = yield* Fiber.join(question.fiber)
      }
      return places
    })
    const cancel = Effect.suspend(() => Fiber.interruptAll([...shared.values()].flatMap(({ fiber }) => fiber ?? [])))
    const places = yield* Effect.onInterrupt(decided, () => cancel)

    return toItems(places, encode, clock, (problem) => {
      held.giveBack(1)
      // Counted here; the problem of a whole batch is counted where its response is written.
      if (problem !== undefined) observations.problem(problem.code)
    })
  })

/** How a question is decided: at once by memory, or in a fiber, which costs more than most decisions. */
interface Ways {
  readonly recall: Decider["Service"]["recall"]
  readonly decide: Decide
}

/** A question that is traced or logged never goes the first way, nor does one that meets a defect, which is then its own. */
const waysOf = ({ ask, decide, recall }: BatchDecider): Effect.Effect<Ways> =>
  Effect.withFiber(({ cache: { minimumLogLevel, span } }) =>
    Effect.succeed<Ways>(
      span !== undefined || logsDebug(minimumLogLevel)
        ? { recall: () => undefined, decide }
        : {
          recall: (question, caller) => Result.getOrElse(Result.try(() => recall(question, caller)), () => undefined),
          decide: ask
        }
    )
  )

/** Equal for equal questions, in whatever order their members come. */
const keyOf = (question: Question): string =>
  JSON.stringify(Object.entries(question).sort(([left], [right]) => left < right ? -1 : 1))

type Share<A> = (question: Question) => SharedQuestion<A>

interface Place<A> {
  readonly id: string | undefined
  readonly question: Result.Result<{ readonly shared: SharedQuestion<A>; readonly explain: boolean }, Problem>
}

const toItems = <A>(
  places: ReadonlyArray<Place<A>>,
  encode: EncodeAnswer<A>,
  clock: Clock.Clock,
  onTaken: (problem: Problem | undefined) => void
): BatchItems<A> => {
  let taken = 0
  return {
    size: places.length,
    next: () => {
      const index = taken
      taken += 1
      const { id, question } = places[index] ?? beyond
      const now = clock.currentTimeMillisUnsafe()
      const answer = Result.flatMap(question, ({ explain, shared }) => shared.take(explain, now, encode))
      onTaken(Result.isFailure(answer) ? answer.failure : undefined)
      return { id, answer: Result.mapError(answer, (problem) => problemAt(problem, `requests[${index}]`)) }
    }
  }
}

const beyond: Place<never> = { id: undefined, question: Result.fail(internalProblem) }

const toPlace = <A>(request: Result.Result<unknown, Problem>, share: Share<A>): Place<A> => ({
  id: Result.isSuccess(request) ? usableId(request.success) : undefined,
  question: Result.map(Result.flatMap(request, decodeBatchQuestion), ({ explain = false, ...named }) => {
    const shared = share(Struct.omit(named, ["id"]))
    shared.addPlace(explain)
    return { shared, explain }
  })
})

/** The `id` is echoed even if the question is refused. */
const usableId = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "id") && Predicate.isString(request.id) &&
    request.id.length <= batchLimits.idCharacters
    ? request.id
    : undefined

const decodeBatchQuestionResult = Schema.decodeUnknownResult(BatchQuestion, { onExcessProperty: "error" })

const decodeBatchQuestion = (input: unknown): Result.Result<BatchQuestion, Problem> =>
  isPlainBatchQuestion(input)
    ? Result.succeed(input)
    : Result.mapError(decodeBatchQuestionResult(input), ({ issue }) => schemaProblem(issue))
