/**
 * `POST /v1/verify` past the router: the question that a fleet asks all the time, answered for a third of the cost.
 *
 * **Details**
 *
 * Takes only requests that are as usual (JSON of a known length, which is too short to be counted; no coding); all others, and every other route, go
 * the ordinary way, which answers the same (`fastLane.test.ts` compares the two).
 */
import type { Problem } from "@posh/api"
import { Cause, Effect, Exit, Result } from "effect"
import { LRUCache } from "lru-cache"
import type { IncomingMessage, ServerResponse } from "node:http"
import { answerParsed, type ParsedQuestion, parseQuestion } from "../service/answerQuestion.ts"
import type { Caller } from "../service/Caller.ts"
import { Decider } from "../service/Decider.ts"
import { callerBounds } from "../service/limits/bounds.ts"
import { internalProblem } from "../service/problems.ts"
import { toAnswer } from "../service/toAnswer.ts"
import { Tracing } from "../telemetry/traces/Tracing.ts"
import { decodeJson } from "./body/body.ts"
import type { RequestHandler, RequestStage } from "./Exchange.ts"
import { renderAnswer, type Rendered, renderProblem, write } from "./rendered.ts"
import { chooseBy } from "./telemetry/traces.ts"

/** Takes the usual requests. `answered` is called with each when its answer has been written. */
export const makeFastLane = (answered: RequestHandler): Effect.Effect<RequestStage, never, Decider> =>
  Effect.gen(function*() {
    const { decide, recall } = yield* Decider
    const choose = chooseBy(yield* Tracing)
    const runFork = Effect.runForkWith(yield* Effect.context())
    const questionOf = makeQuestionCache()
    /** What memory answers is answered on the spot; a fiber for each would cost a third of the whole. */
    const answerFromMemory = (parsed: Result.Result<ParsedQuestion, Problem>, caller: Caller): Rendered | undefined => {
      if (Result.isFailure(parsed)) return renderProblem(parsed.failure)
      const { explain, question } = parsed.success
      const decision = recall(question, caller)
      return decision === undefined
        ? undefined
        : renderAnswer(toAnswer(decision.verdict, { id: decision.id, explain }))
    }
    const answer = (parsed: Result.Result<ParsedQuestion, Problem>, caller: Caller): Effect.Effect<Rendered> =>
      Result.isFailure(parsed)
        ? Effect.succeed(renderProblem(parsed.failure))
        : Effect.match(answerParsed(decide, caller, parsed.success), {
          onFailure: renderProblem,
          onSuccess: renderAnswer
        })

    const report = (cause: Cause.Cause<never>) => void runFork(Effect.logError("a request met a defect", cause))
    return (exchange) => {
      const { caller, request, response } = exchange
      const length = eligibleLength(request)
      if (length === undefined) return false
      readBody(request, length, (octets) => {
        const end = (exit: Exit.Exit<Rendered>) => {
          respond(response, exit, report)
          answered(exchange)
        }
        const traced = choose(request)
        const parsed = questionOf(octets)
        const recalled = traced === undefined ? catchDefect(() => answerFromMemory(parsed, caller)) : undefined
        if (recalled !== undefined) return end(recalled)
        const work = answer(parsed, caller)
        const fiber = runFork(traced === undefined ? work : traced(work))
        const exit = fiber.pollUnsafe()
        if (exit !== undefined) return end(exit)
        response.once("close", () => fiber.interruptUnsafe()) // who went away needs no answer
        fiber.addObserver(end)
      })
      return true
    }
  })

/** The length of the body, where the request is one for this lane. */
const eligibleLength = ({ headers, method, url }: IncomingMessage): number | undefined => {
  if (method !== "POST" || url !== "/v1/verify") return undefined
  if (headers["content-type"] !== "application/json" || headers["content-encoding"] !== undefined) return undefined
  if (headers.expect !== undefined) return undefined
  const length = Number(headers["content-length"])
  // Longer ones are read in turn.
  return length > 0 && length <= callerBounds.smallBody ? length : undefined
}

// A body that breaks off never ends, so its question is never asked; the connection is gone by then.
const readBody = (request: IncomingMessage, length: number, onBody: (octets: Buffer) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.once("end", () => {
    const [first] = chunks
    onBody(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length))
  })
}

/**
 * Bodies → questions. Servers put the same question again and again, to the octet: the last few thousand different ones
 * are kept as they were prepared, so that only new ones are read.
 *
 * **Details**
 *
 * Found by their ends and length, and taken only where every octet is the same. Two questions that differ in the
 * middle alone replace each other, and are read each time.
 */
const makeQuestionCache = () => {
  const known = new LRUCache<string, { readonly octets: Buffer; readonly parsed: ParsedQuestion }>({
    max: 4_096,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 64 * 1024,
    // The certificate is kept as it was read beside the body.
    sizeCalculation: ({ octets }) => 1_536 + octets.length
  })
  return (octets: Buffer): Result.Result<ParsedQuestion, Problem> => {
    const { length } = octets
    const ends = `${length} ${octets.toString("latin1", 0, 80)}${octets.toString("latin1", Math.max(0, length - 80))}`
    const same = known.get(ends)
    if (same?.octets.equals(octets) === true) return Result.succeed(same.parsed)
    return Result.map(Result.flatMap(decodeJson(octets), parseQuestion), (parsed) => {
      known.set(ends, { octets: Buffer.from(octets), parsed })
      return parsed
    })
  }
}

/** A defect is one in either way to answer. */
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
  // Interrupted from outside: the service is stopping, over its time.
  if (Cause.hasInterruptsOnly(exit.cause)) return void response.destroy()
  report(exit.cause)
  write(response, renderProblem(internalProblem))
}
