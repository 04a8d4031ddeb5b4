/**
 * Some questions, asked of one endpoint in one request: alone, or as a batch. Never fails as a whole: each question has its result.
 */
import { Effect, Result } from "effect"
import type { Answer } from "../Answer.ts"
import type { RequestFault } from "./faults.ts"
import type { PreparedQuestion } from "./prepare.ts"
import { readAnswer, readBatch } from "./readReply.ts"
import { request } from "./request.ts"
import type { CheckedSettings, EndpointUrls } from "./settings.ts"

/** A question of a request. */
export interface SentQuestion {
  readonly question: PreparedQuestion
  /** Milliseconds for the service. */
  readonly deadlineMs: number
}

export type AnswerResult = Result.Result<Answer, RequestFault>

/** The results in the order of the questions. */
export const exchange = (
  settings: Pick<CheckedSettings, "fetch" | "key">,
  endpoint: EndpointUrls,
  sent: ReadonlyArray<SentQuestion>
): Effect.Effect<ReadonlyArray<AnswerResult>> =>
  Effect.gen(function*() {
    const [first] = sent
    if (first === undefined) return []
    const { origin } = endpoint
    const limit = answerLimits.envelope + sent.reduce((sum, { question }) => sum + answerOctets(question), 0)
    if (sent.length === 1) {
      const outgoing = { url: endpoint.verify, origin, limit, body: bodyOf(first) }
      return [Result.flatMap(yield* Effect.result(request(settings, outgoing)), readAnswer)]
    }
    const ids = sent.map((_, index) => index.toString(36))
    const body = `{"requests":[${sent.map((question, index) => bodyOf(question, ids[index])).join(",")}]}`
    const reply = yield* Effect.result(request(settings, { url: endpoint.batch, origin, limit, body }))
    const results = Result.flatMap(reply, (reply) => readBatch(reply, ids))
    if (Result.isSuccess(results)) return results.success
    // A question that spoils its batch, or a batch that is too large for this endpoint, is found by halving. The halves are
    // other requests than the one that was refused.
    if (isOfContent(results.failure)) {
      const half = Math.ceil(sent.length / 2)
      const halves = [sent.slice(0, half), sent.slice(half)].map((part) => exchange(settings, endpoint, part))
      return (yield* Effect.all(halves, { concurrency: 2 })).flat()
    }
    return sent.map(() => Result.fail(results.failure))
  })

const isOfContent = ({ fault: { problem, status } }: RequestFault): boolean =>
  status === 413 || (status === 400 && problem?.code === "InvalidRequest")

/** What is read of a response, in octets. With `explain` an answer has its evidence, whose texts the service bounds. */
const answerLimits = { envelope: 64 * 1024, plain: 8 * 1024, explained: 512 * 1024 } as const

export const answerOctets = ({ explain }: PreparedQuestion): number =>
  explain ? answerLimits.explained : answerLimits.plain

const bodyOf = ({ deadlineMs, question }: SentQuestion, id?: string): string =>
  `{${id === undefined ? "" : `"id":"${id}",`}"deadlineMs":${deadlineMs},${question.key.slice(1)}`
