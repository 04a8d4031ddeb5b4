/**
 * Answers the questions of a batch: equal ones once, each within its own deadline.
 */
import { batchLimits, BatchQuestion, type Problem } from "@posh/api"
import type { Question } from "@posh/core"
import { monotonicMsOf, spanned } from "@posh/core/serving"
import { Clock, Effect, Fiber, Predicate, Result, Schema } from "effect"
import { DecisionObserver } from "../telemetry/DecisionObserver.ts"
import { logsDebug } from "../telemetry/logging.ts"
import type { Caller } from "./Caller.ts"
import { CallerQuestion } from "./CallerQuestion.ts"
import type { Decide, Decider } from "./Decider.ts"
import { EqualQuestions } from "./EqualQuestions.ts"
import type { Limits } from "./limits/Limits.ts"
import { eachPiece, type Pieces } from "./limits/Turns.ts"
import { isPlainBatchQuestion } from "./plainQuestion.ts"
import { internalProblem, problemAt, schemaProblem } from "./problems.ts"
import { type DecisionResult, type EncodeAnswer, SharedQuestion } from "./SharedQuestion.ts"

/** Each question as a JSON value, or why it is none. Emptied when they are decoded. */
export type Requests = Array<Result.Result<unknown, Problem>>

/** A batch that a transport has received. */
export interface Batch {
  /** Reads the questions. Fails if it is no batch. */
  readonly read: Pieces<Result.Result<Requests, Problem>>
  /** Milliseconds of the monotonic clock. */
  readonly arrivedAt: number
}

/** What the transport of a batch provides. */
export interface BatchTransport<A, B> {
  /** Called once for equal questions, and again after a second. */
  readonly encode: EncodeAnswer<A>
  /** Calls `release` once the response is sent or aborted. */
  readonly onClosed: (release: () => void) => void
  /** Renders what is sent first. */
  readonly render: (items: BatchItems<A>) => Pieces<B>
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
 * Answers a batch. Fails if it is none, and if the questions in flight are at their limit.
 *
 * **Details**
 *
 * Reading, decoding and rendering run in time slices. So must whoever renders the rest (`inTurn`), because encoding takes
 * time. What memory answers is read, decided and rendered in one turn: batches that take turns between these stages all
 * live so long that the collector copies them, which costs a quarter of an answer. The deadline of each question starts when the
 * batch arrives. A question holds its place in flight until its result is taken or the response is closed. An interrupt
 * cancels all questions.
 */
export const answerBatch = <A, B>(
  decider: BatchDecider,
  { inTurn, takePlaces }: Pick<Limits["Service"], "inTurn" | "takePlaces">,
  caller: Caller,
  { arrivedAt, read }: Batch,
  { encode, onClosed, render }: BatchTransport<A, B>
): Effect.Effect<B, Problem> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const observations = yield* DecisionObserver
    const runFork = Effect.runForkWith(yield* Effect.context())
    const { decide, recall } = yield* waysOf(decider)
    const asked = new EqualQuestions<SharedQuestion<A>>()
    const waiting: Array<Waiting<A>> = []
    const ask = (question: Question): SharedQuestion<A> => {
      const asking = new CallerQuestion(question)
      const recalled = recall(asking, caller)
      if (recalled !== undefined) return new SharedQuestion(Result.succeed(recalled))
      const inFiber = () => spanned("Question", decide(asking, caller, monotonicMsOf(clock) - arrivedAt))
      const shared = new SharedQuestion<A>()
      waiting.push({ shared, fiber: runFork(Effect.result(inFiber())) })
      return shared
    }
    const share: Share<A> = (question) => asked.find(question, ask)
    const begin: Pieces<Result.Result<Begun<A, B>, Problem>> = function*() {
      const requests = yield* read()
      if (Result.isFailure(requests)) return Result.fail(requests.failure)
      const held = takePlaces(caller, requests.success.length)
      if (Result.isFailure(held)) return Result.fail(held.failure)
      onClosed(() => held.success.giveBack())
      const places = yield* eachPiece(requests.success, (request) => toPlace(request, share))()
      // A request that the collector has promoted keeps all that it refers to until the next full collection, though it has
      // ended. So nothing is referred to for longer than it is needed.
      requests.success.length = 0
      asked.clear()
      const items = toItems(places, encode, clock, (problem) => {
        held.success.giveBack(1)
        // Counted here; the problem of a whole batch is counted where its response is written.
        if (problem !== undefined) observations.problem(problem.code)
      })
      return Result.succeed({ items, rendered: waiting.length > 0 ? undefined : { first: yield* render(items)() } })
    }
    const decided = Effect.gen(function*() {
      const begun = yield* Effect.flatMap(inTurn(begin), Effect.fromResult)
      for (const { fiber, shared } of waiting) shared.decision = yield* Fiber.join(fiber)
      return begun
    })
    const cancel = Effect.suspend(() => Fiber.interruptAll(waiting.map(({ fiber }) => fiber)))
    const { items, rendered } = yield* Effect.onInterrupt(decided, () => cancel)
    return rendered === undefined ? yield* inTurn(render(items)) : rendered.first
  })

/** A question that memory does not answer. */
interface Waiting<A> {
  readonly shared: SharedQuestion<A>
  readonly fiber: Fiber.Fiber<DecisionResult>
}

/** The results, and what is sent first if memory answered all questions. */
interface Begun<A, B> {
  readonly items: BatchItems<A>
  readonly rendered: { readonly first: B } | undefined
}

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

type Share<A> = (question: Question) => SharedQuestion<A>

interface Place<A> {
  readonly id: string | undefined
  readonly question: Result.Result<{ readonly shared: SharedQuestion<A>; readonly explain: boolean }, Problem>
}

const toItems = <A>(
  places: Array<Place<A>>,
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
      places[index] = beyond
      const now = clock.currentTimeMillisUnsafe()
      const answer = Result.flatMap(question, ({ explain, shared }) => shared.take(explain, now, encode))
      onTaken(Result.isFailure(answer) ? answer.failure : undefined)
      return { id, answer: Result.mapError(answer, (problem) => problemAt(problem, `requests[${index}]`)) }
    }
  }
}

const beyond: Place<never> = { id: undefined, question: Result.fail(internalProblem) }

const toPlace = <A>(request: Result.Result<unknown, Problem>, share: Share<A>): Place<A> => {
  if (Result.isFailure(request)) return { id: undefined, question: Result.fail(request.failure) }
  const decoded = decodeBatchQuestion(request.success)
  if (Result.isFailure(decoded)) return { id: usableId(request.success), question: Result.fail(decoded.failure) }
  const { explain = false, id, ...question } = decoded.success
  const shared = share(question)
  shared.addPlace(explain)
  return { id, question: Result.succeed({ shared, explain }) }
}

/** The `id` is echoed even if the question is refused. */
export const usableId = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "id") && Predicate.isString(request.id) &&
    request.id.length <= batchLimits.idCharacters
    ? request.id
    : undefined

const decodeBatchQuestionResult = Schema.decodeUnknownResult(BatchQuestion, { onExcessProperty: "error" })

/** Decodes a JSON value. */
export const decodeBatchQuestion = (input: unknown): Result.Result<BatchQuestion, Problem> =>
  isPlainBatchQuestion(input)
    ? Result.succeed(input)
    : Result.mapError(decodeBatchQuestionResult(input), ({ issue }) => schemaProblem(issue))
