/**
 * A response → answers, or why there are none. Pure.
 */
import { Result, Schema } from "effect"
import { Answer, BatchResult } from "../Answer.ts"
import { Problem, problemMediaType } from "../Problem.ts"
import { type FaultFacts, problemFault, type RequestFault, statusFault, toFault } from "./faults.ts"

/** A response that was read. */
export interface ServiceReply {
  readonly status: number
  /** Lower case, without parameters. */
  readonly mediaType: string
  readonly text: string
  readonly facts: FaultFacts
}

const decodeAnswer = Schema.decodeUnknownResult(Answer)
const decodeProblem = Schema.decodeUnknownResult(Problem)
const decodeItem = Schema.decodeUnknownResult(BatchResult)
const decodeBatch = Schema.decodeUnknownResult(Schema.Struct({ results: Schema.Array(Schema.Unknown) }))

export const readAnswer = (reply: ServiceReply): Result.Result<Answer, RequestFault> =>
  Result.flatMap(
    readJson(reply),
    (json) =>
      Result.mapError(decodeAnswer(json), () => toFault("InvalidAnswer", { ...reply.facts, status: reply.status }))
  )

/** The results in the order of `ids`, each on its own. Fails if they are not exactly those that were asked for. */
export const readBatch = (
  reply: ServiceReply,
  ids: ReadonlyArray<string>
): Result.Result<ReadonlyArray<Result.Result<Answer, RequestFault>>, RequestFault> =>
  Result.gen(function*() {
    const invalid = (detail: string) => toFault("InvalidAnswer", { ...reply.facts, status: reply.status, detail })
    const json = yield* readJson(reply)
    const { results } = yield* Result.mapError(decodeBatch(json), () => invalid("it is no batch of results"))
    if (results.length !== ids.length) return yield* Result.fail(invalid("results are missing, or there are others"))
    const items = results.map((result) => decodeItem(result))
    // An item that cannot be read is its question's fault; one that has another place is a fault of all of them.
    if (items.some((item, index) => Result.isSuccess(item) && item.success.id !== ids[index])) {
      return yield* Result.fail(invalid("results are not in the order of the questions"))
    }
    return items.map((item) => {
      if (Result.isFailure(item)) return Result.fail(invalid("a result is none"))
      const { answer, problem } = item.success
      if (answer !== undefined && problem === undefined) return Result.succeed(answer)
      return Result.fail(
        answer === undefined && problem !== undefined
          ? problemFault(problem, reply.facts)
          : invalid("a result is not one of answer and problem")
      )
    })
  })

/** The JSON of a 200; anything else is a fault. */
const readJson = (reply: ServiceReply): Result.Result<unknown, RequestFault> => {
  const { facts, mediaType, status } = reply
  if (status !== 200) return Result.fail(problemOf(reply) ?? statusFault(status, facts))
  if (mediaType !== "application/json") return Result.fail(toFault("UnexpectedMediaType", { ...facts, status }))
  return Result.mapError(parse(reply.text), () => toFault("InvalidBody", { ...facts, status }))
}

const parse = (text: string): Result.Result<unknown, unknown> => Result.try((): unknown => JSON.parse(text))

const problemOf = ({ facts, mediaType, status, text }: ServiceReply): RequestFault | undefined => {
  if (mediaType !== problemMediaType) return undefined
  const problem = Result.getOrUndefined(Result.flatMap(parse(text), decodeProblem))
  // A body that contradicts its status is no problem of the service.
  return problem === undefined || problem.status !== status ? undefined : problemFault(problem, facts)
}

/** `Retry-After` in milliseconds (RFC 9110 §10.2.3); at most a day, which is longer than any deadline. */
export const retryAfterMs = (value: string | null, nowMs: number): number | undefined => {
  if (value === null) return undefined
  // `Date.parse` finds a date in nearly everything.
  const date = /^[A-Za-z]{3,9},? /.test(value) ? Date.parse(value) : Number.NaN
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (date - nowMs) / 1_000
  return Number.isFinite(seconds) ? Math.min(86_400_000, Math.max(0, Math.ceil(seconds * 1_000))) : undefined
}
