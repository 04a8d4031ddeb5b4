/**
 * `POST /v1/verify` without the router, for a third of the cost (docs/decisions/fast-lane.md).
 *
 * **Details**
 *
 * Takes only plain requests: JSON of a known, short length without a content coding. The router answers all others,
 * and answers the same (`fastLane.test.ts` compares both).
 */
import type { Problem } from "@posh/api"
import { Cause, Effect, Exit, Result } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { type ParsedQuestion, parseQuestion } from "../service/answerQuestion.ts"
import type { Caller } from "../service/Caller.ts"
import { type Decide, Decider } from "../service/Decider.ts"
import type { Decision } from "../service/Decision.ts"
import { callerBounds } from "../service/limits/bounds.ts"
import { internalProblem } from "../service/problems.ts"
import { Tracing } from "../telemetry/traces/Tracing.ts"
import { answerText } from "./answerText.ts"
import { decodeBody } from "./body/body.ts"
import { logFactsOf, type RequestHandler, type RequestStage } from "./Exchange.ts"
import { renderAnswer, type Rendered, renderProblem, write } from "./rendered.ts"
import { makeRepeatedQuestions } from "./RepeatedQuestions.ts"
import { chooseBy } from "./telemetry/traces.ts"

/** `answered` is called when the response has been written. */
export const makeFastLane = (answered: RequestHandler): Effect.Effect<RequestStage, never, Decider> =>
  Effect.gen(function*() {
    const { ask, decide, recall, recallShared } = yield* Decider
    const choose = chooseBy(yield* Tracing)
    const runFork = Effect.runForkWith(yield* Effect.context())
    const questionOf = makeQuestionOf()
    /** Synchronous, because a fiber costs a third of the whole answer. */
    const answerFromMemory = (parsed: Result.Result<ParsedQuestion, Problem>, caller: Caller): Rendered | undefined => {
      if (Result.isFailure(parsed)) return renderProblem(parsed.failure)
      const decision = recall(parsed.success.question, caller)
      return decision === undefined ? undefined : renderDecision(decision, parsed.success)
    }
    /** The same with what the shared store has; `done` gets nothing if a fiber is needed. False: not read. */
    const answerFromShared = (
      parsed: Result.Result<ParsedQuestion, Problem>,
      caller: Caller,
      done: (exit: Exit.Exit<Rendered> | undefined) => void
    ): boolean =>
      Result.isSuccess(parsed) &&
      recallShared(
        parsed.success.question,
        caller,
        (decision) =>
          done(decision === undefined ? undefined : catchDefect(() => renderDecision(decision, parsed.success)))
      )
    const answer = (
      parsed: Result.Result<ParsedQuestion, Problem>,
      caller: Caller,
      way: Decide
    ): Effect.Effect<Rendered> =>
      Result.isFailure(parsed)
        ? Effect.succeed(renderProblem(parsed.failure))
        : Effect.match(way(parsed.success.question, caller), {
          onFailure: renderProblem,
          onSuccess: (decision) => renderDecision(decision, parsed.success)
        })

    const report = (cause: Cause.Cause<never>, facts: Readonly<Record<string, string>>) =>
      void runFork(Effect.logError("a request met a defect", cause).pipe(Effect.annotateLogs(facts)))
    return (exchange) => {
      const { caller, request, response } = exchange
      const length = eligibleLength(request)
      if (length === undefined) return false
      readBody(request, length, (octets) => {
        const end = (exit: Exit.Exit<Rendered>) => {
          respond(response, exit, (cause) => report(cause, logFactsOf(request)))
          answered(exchange)
        }
        const traced = choose(request)
        const parsed = questionOf(octets)
        const recalled = traced === undefined ? catchDefect(() => answerFromMemory(parsed, caller)) : undefined
        if (recalled !== undefined) return end(recalled)
        const answerInFiber = () => {
          const work = Effect.annotateLogs(
            answer(parsed, caller, traced === undefined ? ask : decide),
            logFactsOf(request)
          )
          const fiber = runFork(traced === undefined ? work : traced(work))
          const exit = fiber.pollUnsafe()
          if (exit !== undefined) return end(exit)
          response.once("close", () => fiber.interruptUnsafe()) // the caller disconnected
          fiber.addObserver(end)
        }
        const isRead = traced === undefined && answerFromShared(parsed, caller, (exit) => {
          if (exit !== undefined) end(exit)
          else if (response.destroyed) end(gone)
          else answerInFiber()
        })
        if (!isRead) answerInFiber()
      })
      return true
    }
  })

/** The length of the body, if this lane takes the request. */
const eligibleLength = ({ headers, method, url }: IncomingMessage): number | undefined => {
  if (method !== "POST" || url !== "/v1/verify") return undefined
  if (headers["content-type"] !== "application/json" || headers["content-encoding"] !== undefined) return undefined
  if (headers.expect !== undefined) return undefined
  const length = Number(headers["content-length"])
  // Longer bodies are parsed in time slices.
  return length > 0 && length <= callerBounds.smallBody ? length : undefined
}

// An aborted body never ends, so its question is not decided.
const readBody = (request: IncomingMessage, length: number, onBody: (octets: Buffer) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.once("end", () => {
    const [first] = chunks
    onBody(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length))
  })
}

/** A body that callers repeat is not parsed or prepared again. */
const makeQuestionOf = () => {
  const repeated = makeRepeatedQuestions()
  return (octets: Buffer): Result.Result<ParsedQuestion, Problem> => {
    const mark = repeated.markOf(octets)
    const known = repeated.find(mark, octets)
    if (known !== undefined) return Result.succeed(known)
    const parsed = Result.flatMap(decodeBody(octets), parseQuestion)
    if (Result.isSuccess(parsed)) repeated.note(mark, octets, parsed.success)
    return parsed
  }
}

const renderDecision = ({ id, verdict }: Decision, { explain }: ParsedQuestion): Rendered =>
  renderAnswer(answerText(verdict, { id, explain }))

/** The caller disconnected. */
const gone = Exit.interrupt()

/** `undefined` if the work gives no answer; a defect as a failed exit, as a fiber would have it. */
const catchDefect = (work: () => Rendered | undefined): Exit.Exit<Rendered> | undefined => {
  const done = Result.try({ try: work, catch: (defect) => defect })
  if (Result.isFailure(done)) return Exit.die(done.failure)
  return done.success === undefined ? undefined : Exit.succeed(done.success)
}

const respond = (
  response: ServerResponse,
  exit: Exit.Exit<Rendered>,
  report: (cause: Cause.Cause<never>) => void
): void => {
  if (response.destroyed || response.headersSent) return
  if (Exit.isSuccess(exit)) return write(response, exit.value)
  // Interrupted because the drain time is over.
  if (Cause.hasInterruptsOnly(exit.cause)) return void response.destroy()
  report(exit.cause)
  write(response, renderProblem(internalProblem))
}
