/**
 * `posh.v1.VerificationService`: each call is decoded to what the JSON of HTTP decodes to, and answered by the same service.
 */
import { create } from "@bufbuild/protobuf"
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect"
import { type Answer, batchLimits, type Problem, problem } from "@posh/api"
import {
  BatchResultSchema,
  type BatchVerifyRequest,
  BatchVerifyResponseSchema,
  type VerificationService,
  type VerifyRequest,
  VerifyResponseSchema
} from "@posh/api/grpc"
import { Verifier } from "@posh/core"
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Result } from "effect"
import { answerAssociation } from "../../service/answerAssociation.ts"
import { answerBatch, type BatchItems } from "../../service/answerBatch.ts"
import { answerGenerate, answerLint } from "../../service/answerDocuments.ts"
import { answerParsed, type ParsedQuestion, parseQuestion } from "../../service/answerQuestion.ts"
import { Decider } from "../../service/Decider.ts"
import { Limits } from "../../service/limits/Limits.ts"
import type { Pieces } from "../../service/limits/Turns.ts"
import { toAnswer } from "../../service/toAnswer.ts"
import { callOf } from "../calls/Call.ts"
import { refuse } from "../calls/refuse.ts"
import { makeRunner } from "../calls/run.ts"
import { toDeadlineMs } from "../messages/deadline.ts"
import { inQuestion, toField } from "../messages/fields.ts"
import { toAnswerMessage, toResultMessage } from "../messages/toAnswer.ts"
import { toGenerateInput, toLintInput } from "../messages/toDocuments.ts"
import { toAssociationMessage } from "../messages/toEvidence.ts"
import { toBatchQuestion, toQuestion } from "../messages/toQuestion.ts"
import { unknownFieldProblem } from "../messages/unknownFields.ts"
import { makeVerifyStream } from "./verifyStream.ts"

export const makeVerification = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const verifier = yield* Verifier
  const decider = yield* Decider
  const limits = yield* Limits
  const { choose, run } = yield* makeRunner

  /** From memory, without a fiber, which costs a third of the whole answer. A defect is met again, and told, by the fiber. */
  const recall = (parsed: ParsedQuestion, context: HandlerContext): Answer | undefined => {
    const call = callOf(context)
    if (choose(call) !== undefined) return undefined
    const decision = decider.recall(parsed.question, call.caller)
    return decision === undefined ? undefined : toAnswer(decision.verdict, { id: decision.id, explain: parsed.explain })
  }

  const verify = (request: VerifyRequest, context: HandlerContext) => {
    const call = callOf(context)
    const parsed = Result.flatMap(decodeVerify(request, context), parseQuestion)
    if (Result.isFailure(parsed)) return Promise.reject<never>(refuse(call, parsed.failure, nameInQuestion))
    const recalled = Result.getOrUndefined(Result.try(() => recall(parsed.success, context)))
    if (recalled !== undefined) return create(VerifyResponseSchema, { answer: toAnswerMessage(recalled) })
    return run(
      context,
      Effect.map(
        answerParsed(decider.decide, call.caller, parsed.success),
        (answer) => create(VerifyResponseSchema, { answer: toAnswerMessage(answer) })
      ),
      nameInQuestion
    )
  }

  const batchVerify = (request: BatchVerifyRequest, context: HandlerContext) => {
    const call = callOf(context)
    const read = () => readBatch(request, context.timeoutMs())
    const answered = answerBatch(decider, limits, call.caller, { read, arrivedAt: monotonicMsOf(clock) }, {
      encode: (verdict, options) => toAnswerMessage(toAnswer(verdict, options)),
      onClosed: (release) => void (call.stream.destroyed ? release() : call.stream.once("close", release)),
      render: renderBatch
    })
    return run(context, answered, nameInQuestion)
  }

  return {
    verify,
    batchVerify,
    verifyStream: yield* makeVerifyStream,
    getAssociation: (request, context) => {
      const fault = unknownFieldProblem(request)
      if (fault !== undefined) return Promise.reject<never>(refuse(callOf(context), fault))
      const { deadlineMs, domain, refresh, service } = request
      const asked = { domain, service, refresh, deadlineMs: toDeadlineMs(deadlineMs, context.timeoutMs()) }
      return run(
        context,
        Effect.map(
          answerAssociation(verifier, limits, callOf(context).caller, asked),
          (association) => ({ association: toAssociationMessage(association) })
        )
      )
    },
    lintDocument: (request, context) =>
      run(
        context,
        Effect.flatMap(Effect.fromResult(toLintInput(request)), (input) =>
          Effect.map(
            answerLint(verifier, limits, callOf(context).caller, input),
            ({ findings }) => ({ findings: [...findings] })
          ))
      ),
    generateDocument: (request, context) =>
      run(
        context,
        Effect.flatMap(Effect.fromResult(toGenerateInput(request)), (input) =>
          Effect.map(
            answerGenerate(verifier, limits, callOf(context).caller, input),
            (made) => ({ ...made, findings: [...made.findings] })
          ))
      )
  } satisfies ServiceImpl<typeof VerificationService>
})

const nameInQuestion = (field: string): string => inQuestion(toField(field))

const decodeVerify = (request: VerifyRequest, context: HandlerContext) => {
  const fault = unknownFieldProblem(request)
  return fault === undefined ? toQuestion(request.question, context.timeoutMs()) : Result.fail(fault)
}

function* readBatch(
  request: BatchVerifyRequest,
  remainingMs: number | undefined
): ReturnType<Pieces<Result.Result<Array<Result.Result<unknown, Problem>>, Problem>>> {
  const fault = unknownFieldProblem(request) ?? tooManyProblem(request)
  if (fault !== undefined) return Result.fail(fault)
  const questions: Array<Result.Result<unknown, Problem>> = []
  for (const question of request.requests) {
    questions.push(toBatchQuestion(question, remainingMs))
    yield
  }
  return Result.succeed(questions)
}

const tooManyProblem = ({ requests }: BatchVerifyRequest): Problem | undefined =>
  requests.length > batchLimits.requests
    ? problem("InvalidRequest", `Expected at most ${batchLimits.requests} questions.`, "requests")
    : undefined

const renderBatch = ({ next, size }: BatchItems<ReturnType<typeof toAnswerMessage>>) =>
  function*() {
    const response = create(BatchVerifyResponseSchema)
    for (let taken = 0; taken < size; taken += 1) {
      const { answer, id } = next()
      response.results.push(create(BatchResultSchema, toResultMessage(id, answer)))
      yield
    }
    return response
  }
