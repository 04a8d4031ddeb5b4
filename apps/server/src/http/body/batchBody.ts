/**
 * Parses the body of a batch in time slices. The questions are split off and parsed one by one, so that a malformed
 * question does not affect the others.
 */
import { batchLimits, bodyLimits, type Problem, problem } from "@posh/api"
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Predicate, Result } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { Batch, Requests } from "../../service/answerBatch.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import type { Limits } from "../../service/limits/Limits.ts"
import { closing, colon, comma, isEscaped, opening, quote, structureLimits } from "../../service/limits/structure.ts"
import type { Pieces } from "../../service/limits/Turns.ts"
import { decodeJson, readBody, withoutMark } from "./body.ts"

/** Each question as a JSON value or a problem. Fails if the body is no batch. */
export type BatchBody = Result.Result<Requests, Problem>

/** The batch arrives with the end of its body: the time to parse it counts against the deadlines of its questions. */
export const receiveBatch = (
  limits: Pick<Limits["Service"], "bodies">,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Batch, Problem> =>
  Effect.gen(function*() {
    const body = yield* readBody(limits, request, bodyLimits.batch, { answer: callerBounds.answer })
    return { read: readBatchBody(withoutMark(body)), arrivedAt: monotonicMsOf(yield* Clock.Clock) }
  })

/**
 * Parses the body.
 *
 * **Details**
 *
 * The envelope (the text with `0` in place of each question) is parsed as a whole. The body is JSON if the envelope and
 * each question are. Questions over the limit of a single one are not parsed.
 */
export const readBatchBody = (octets: Buffer): Pieces<BatchBody> =>
  function*() {
    const parts = yield* split(octets)
    if (Result.isFailure(parts)) return Result.fail(parts.failure)
    const { envelope, questions } = parts.success
    const declared = Result.flatMap(decodeJson(envelope), decodeEnvelope)
    if (Result.isFailure(declared)) return Result.fail(declared.failure)
    const read: Array<Result.Result<unknown, Problem>> = []
    for (const question of questions) {
      yield
      const { members, octets } = question
      const value = octets.length > bodyLimits.single ? tooLong : decodeJson(octets, { isOver: false, members })
      // A duplicate member is a fault of that question only, and has a field.
      if (Result.isFailure(value) && value.failure.code === "InvalidRequest" && value.failure.field === undefined) {
        return Result.fail(value.failure)
      }
      read.push(value)
    }
    return Result.succeed(read)
  }

const tooLong = Result.fail(problem("PayloadTooLarge", `At most ${bodyLimits.single} octets are read of a question.`))

interface Parts {
  readonly envelope: Buffer
  readonly questions: ReadonlyArray<Part>
}

/** A question. The body as a whole is within the limits on structure, so its questions are. */
interface Part {
  readonly octets: Buffer
  /** Members of all of its objects, including duplicates. */
  readonly members: number
}

/** Splits the elements off every array in the outermost object. `decodeEnvelope` decides which arrays are allowed. */
function* split(octets: Buffer): Generator<undefined, Result.Result<Parts, Problem>> {
  const kept: Array<Buffer> = []
  const questions: Array<Part> = []
  const containers: Array<number> = []
  let keptTo = 0
  let tokens = 0
  let steps = 0
  let members = 0
  /** Start of the current question. */
  let start: number | undefined
  for (let at = 0; at < octets.length; at += 1) {
    steps += 1
    if (steps % stepsOfPiece === 0) yield
    const octet = octets[at] ?? 0
    const isBetween = containers.length === 2 && containers[0] === brace && containers[1] === bracket
    const ends = isBetween && (octet === comma || closing.has(octet))
    if (ends && start !== undefined) {
      kept.push(octets.subarray(keptTo, start), zero)
      questions.push({ octets: octets.subarray(start, at), members })
      keptTo = at
      start = undefined
      if (questions.length > batchLimits.requests) {
        return refuse(`Expected at most ${batchLimits.requests} questions.`, "requests")
      }
    }
    if (isBetween && !ends && start === undefined && !isSpace(octet)) {
      start = at
      members = 0
    }
    if (octet === quote) {
      tokens += 1
      do {
        steps += 1
        if (steps % stepsOfPiece === 0) yield
        at = octets.indexOf(quote, at + 1)
      } while (at >= 0 && isEscaped(octets, at))
      if (at < 0) at = octets.length
    } else if (octet === comma) tokens += 1
    else if (octet === colon) members += 1
    else if (opening.has(octet)) containers.push(octet)
    else if (closing.has(octet)) containers.pop()
    if (tokens > structureLimits.tokens || containers.length > structureLimits.levels) {
      return refuse("The body has more levels or members than a question can have.")
    }
  }
  kept.push(octets.subarray(keptTo))
  const octetsKept = kept.reduce((sum, { length }) => sum + length, 0)
  if (octetsKept > bodyLimits.single) return refuse("There is more in the body than its questions.")
  return Result.succeed({ envelope: Buffer.concat(kept, octetsKept), questions })
}

/** Octets or strings per piece, which take some tenths of a millisecond. */
const stepsOfPiece = 16 * 1_024

const zero = Buffer.from("0")
const brace = 0x7b
const bracket = 0x5b
const isSpace = (octet: number): boolean => octet === 0x20 || octet === 0x0a || octet === 0x0d || octet === 0x09

/** The envelope, without its questions. */
const decodeEnvelope = (input: unknown): Result.Result<void, Problem> => {
  if (!Predicate.isObject(input)) return refuse("Expected an object with the member requests.")
  const unknown = Object.keys(input).find((name) => name !== "requests")
  if (unknown !== undefined) return refuse("There is no such member.", unknown.slice(0, 256))
  const { requests } = input as { readonly requests?: unknown }
  return Array.isArray(requests) ? Result.void : refuse("Expected an array of questions.", "requests")
}

const refuse = (detail: string, field?: string) => Result.fail(problem("InvalidRequest", detail, field))
