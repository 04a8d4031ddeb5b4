/**
 * A batch in, an answer or a problem for each of its questions out.
 */
import { batchLimits, BatchQuestion, type BatchResult, type Problem } from "@posh/api"
import { monotonicMsOf, type Question, spanned } from "@posh/core"
import { Clock, Effect, Fiber, Predicate, Result, Schema, Stream, Struct } from "effect"
import { DecisionObserver, type DecisionObserverShape } from "../telemetry/DecisionObserver.ts"
import type { Caller } from "./Caller.ts"
import { CallerQuestion } from "./CallerQuestion.ts"
import type { Decide } from "./Decider.ts"
import type { Decision } from "./Decision.ts"
import { callerBounds } from "./limits/bounds.ts"
import type { Limits } from "./limits/Limits.ts"
import { eachPiece } from "./limits/Turns.ts"
import { internalProblem, problemAt, schemaProblem } from "./problems.ts"
import { toAnswer } from "./toAnswer.ts"

type Decided = Result.Result<Decision, Problem>

/** A batch that a transport has read. */
export interface Batch {
  /** Each question as a JSON value, where it can be read as one. */
  readonly requests: ReadonlyArray<Result.Result<unknown, Problem>>
  /** Milliseconds, by the clock that never goes backwards. */
  readonly arrivedAt: number
}

/** The body of the response to a batch: as a whole where it is short, else to be made as it is taken. */
export type BatchAnswer = string | Stream.Stream<Uint8Array>

/** Calls back when the answer is out, or will never be. */
export type OnClosed = (release: () => void) => void

/**
 * Answers a batch with the body of the response.
 *
 * **Details**
 *
 * Fails only where there is no room for it. Whatever takes time goes in slices,
 * between which everybody else is served. Each question has its own deadline, from the arrival of the batch on. Results
 * are rendered as they are taken, and each question keeps its place until then.
 */
export const answerBatch = (
  decide: Decide,
  { inTurn, takePlaces }: Pick<Limits["Service"], "inTurn" | "takePlaces">,
  caller: Caller,
  { arrivedAt, requests }: Batch,
  onClosed: OnClosed
): Effect.Effect<BatchAnswer, Problem> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const observations = yield* DecisionObserver
    const held = yield* Effect.fromResult(takePlaces(caller, requests.length))
    onClosed(() => held.giveBack())

    const runFork = Effect.runForkWith(yield* Effect.context())
    const ask = (question: CallerQuestion): Fiber.Fiber<Decided> =>
      runFork(Effect.result(spanned("Question", decide(question, caller, monotonicMsOf(clock) - arrivedAt))))
    const shared = new Map<string, Shared>()
    const share = ({ asked, key }: { readonly key: string; readonly asked: Question }): Shared => {
      const known = shared.get(key)
      if (known !== undefined) return known
      const fresh: Shared = {
        asking: ask(new CallerQuestion(asked)),
        decided: undefined,
        plain: makeText(),
        explained: makeText()
      }
      shared.set(key, fresh)
      return fresh
    }
    const decided = Effect.gen(function*() {
      const places = yield* inTurn(eachPiece(requests, (request) => toPlace(request, share)))
      for (const question of shared.values()) question.decided = yield* Fiber.join(question.asking)
      return places
    })
    // Who goes away needs no answer to any of them.
    const abandoned = Effect.suspend(() => Fiber.interruptAll([...shared.values()].map(({ asking }) => asking)))
    const places = yield* Effect.onInterrupt(decided, () => abandoned)
    const render = makeRender(places, observations, clock)
    const renderNext = (index: number): string => {
      held.giveBack(1)
      return render(index)
    }
    return yield* toBody(inTurn, renderNext, places.length)
  })

/** What equal questions have in common, however they are called. */
interface Shared {
  readonly asking: Fiber.Fiber<Decided>
  decided: Decided | undefined
  readonly plain: Text
  readonly explained: Text
}

/**
 * An answer is rendered once a second at the most, and kept until the last place where it stands. Once for all would tell
 * those who take a long answer slowly that it holds for longer than it does.
 */
interface Text {
  places: number
  text: string | undefined
  /** Milliseconds since the epoch. */
  renderedAt: number
}

const makeText = (): Text => ({ places: 0, text: undefined, renderedAt: 0 })

const keptMs = 1_000

interface Place {
  readonly id: string | undefined
  readonly question: Result.Result<{ readonly shared: Shared; readonly explain: boolean }, Problem>
}

/** The first portion is made at once, and is mostly all. */
const toBody = (
  inTurn: Limits["Service"]["inTurn"],
  render: (place: number) => string,
  places: number
): Effect.Effect<BatchAnswer> => {
  /** From a place on: text, and where the next portion begins. */
  const portion = (from: number) =>
    inTurn<readonly [text: string, next: number]>(function*() {
      let text = from === 0 ? `{"results":[` : ""
      let place = from
      while (place < places && text.length < callerBounds.portion) {
        text += place === 0 ? render(place) : `,${render(place)}`
        place += 1
        yield
      }
      return place < places ? [text, place] : [`${text}]}`, place]
    })
  return Effect.map(portion(0), ([first, second]) => {
    if (second >= places) return first
    const rest = Stream.unfold(second, (place) =>
      place >= places
        ? Effect.succeed(undefined)
        : Effect.map(portion(place), ([text, next]) => [Buffer.from(text), next] as const))
    return Stream.concat(Stream.succeed(Buffer.from(first)), rest)
  })
}

/** Renders the result of a place. */
const makeRender = (
  places: ReadonlyArray<Place>,
  { problem }: DecisionObserverShape,
  clock: Clock.Clock
) =>
(index: number): string => {
  const { id, question } = places[index] ?? { id: undefined, question: Result.fail(internalProblem) }
  const decided = Result.flatMap(question, ({ shared }) => shared.decided ?? Result.fail(internalProblem))
  if (Result.isSuccess(question) && Result.isSuccess(decided)) {
    const name = id === undefined ? "" : `"id":${JSON.stringify(id)},`
    return `{${name}"answer":${renderAnswer(question.success, decided.success, clock.currentTimeMillisUnsafe())}}`
  }
  const fault = Result.isFailure(decided) ? decided.failure : internalProblem
  problem(fault.code) // one in a place is counted here; that of a whole batch is where answers are written
  const result: BatchResult = { ...(id === undefined ? {} : { id }), problem: problemAt(fault, `requests[${index}]`) }
  return JSON.stringify(result)
}

const renderAnswer = (
  { explain, shared }: { readonly shared: Shared; readonly explain: boolean },
  { id, verdict }: Decision,
  now: number
): string => {
  const known = explain ? shared.explained : shared.plain
  const isKept = known.text !== undefined && Math.abs(now - known.renderedAt) < keptMs
  const text = isKept && known.text !== undefined ? known.text : JSON.stringify(toAnswer(verdict, { id, explain, now }))
  if (!isKept) known.renderedAt = now
  known.places -= 1
  known.text = known.places > 0 ? text : undefined
  return text
}

const toPlace = (
  request: Result.Result<unknown, Problem>,
  share: (question: { readonly key: string; readonly asked: Question }) => Shared
): Place => ({
  id: Result.isSuccess(request) ? usableId(request.success) : undefined,
  question: Result.map(Result.flatMap(request, decodeBatchQuestion), ({ explain = false, ...named }) => {
    const asked = Struct.omit(named, ["id"])
    const shared = share({ key: JSON.stringify(asked), asked })
    const text = explain ? shared.explained : shared.plain
    text.places += 1
    return { shared, explain }
  })
})

/** A question that is refused is still called by its name. */
const usableId = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "id") && Predicate.isString(request.id) &&
    request.id.length <= batchLimits.idCharacters
    ? request.id
    : undefined

const decodeBatchQuestionResult = Schema.decodeUnknownResult(BatchQuestion, { onExcessProperty: "error" })

const decodeBatchQuestion = (input: unknown): Result.Result<BatchQuestion, Problem> =>
  Result.mapError(decodeBatchQuestionResult(input), ({ issue }) => schemaProblem(issue))
