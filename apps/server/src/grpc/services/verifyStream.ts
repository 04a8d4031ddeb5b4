/**
 * `VerifyStream`: answers the questions of a stream as they are ready. A bounded number of them is under way, and none is read
 * beyond that: a caller that does not read its results costs no memory, and keeps nobody else waiting.
 */
import { create } from "@bufbuild/protobuf"
import { ConnectError, type HandlerContext } from "@connectrpc/connect"
import type { Problem } from "@posh/api"
import {
  type BatchQuestion,
  type VerifyStreamRequest,
  type VerifyStreamResponse,
  VerifyStreamResponseSchema
} from "@posh/api/grpc"
import { Effect, Result, Stream } from "effect"
import { decodeBatchQuestion, usableId } from "../../service/answerBatch.ts"
import { answerParsed } from "../../service/answerQuestion.ts"
import type { Caller } from "../../service/Caller.ts"
import { CallerQuestion } from "../../service/CallerQuestion.ts"
import { Decider } from "../../service/Decider.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { Limits } from "../../service/limits/Limits.ts"
import { overloaded } from "../../service/limits/refusals.ts"
import { problemAt } from "../../service/problems.ts"
import { DecisionObserver } from "../../telemetry/DecisionObserver.ts"
import { type AdmissionFault, callOf } from "../calls/Call.ts"
import { makeIdentifyCall } from "../calls/identifyCall.ts"
import { callLimits } from "../calls/limits.ts"
import { refuse } from "../calls/refuse.ts"
import { makeRunner } from "../calls/run.ts"
import { whileWanted } from "../calls/whileWanted.ts"
import { Drain } from "../listener/Drain.ts"
import { toAnswerMessage, toResultMessage } from "../messages/toAnswer.ts"
import { toBatchQuestion } from "../messages/toQuestion.ts"
import { unknownFieldProblem } from "../messages/unknownFields.ts"

export const makeVerifyStream = Effect.gen(function*() {
  const { decide } = yield* Decider
  const { bodies } = yield* Limits
  const observations = yield* DecisionObserver
  const { awaited } = yield* Drain
  const { choose } = yield* makeRunner
  const identify = yield* makeIdentifyCall
  const context = yield* Effect.context<never>()

  const answer = (asked: VerifyStreamRequest, caller: Caller) =>
    Effect.flatMap(
      Effect.fromResult(decode(asked)),
      ({ explain = false, id: _id, ...question }) =>
        answerParsed(decide, caller, { explain, question: new CallerQuestion(question) })
    )

  /** Reserves memory for a long question as for a long body. */
  const answerWithin = (asked: VerifyStreamRequest, caller: Caller) => {
    const octets = octetsOf(asked.request)
    if (octets <= callerBounds.smallBody) return answer(asked, caller)
    return Effect.acquireUseRelease(
      Effect.suspend(() => {
        const release = bodies.reserve(caller.account, octets)
        return release === undefined
          ? Effect.fail(overloaded("As many large bodies as may be are being read."))
          : Effect.succeed(release)
      }),
      () => answer(asked, caller),
      (release) => Effect.sync(release)
    )
  }

  const toResult = (asked: VerifyStreamRequest, caller: Caller): Effect.Effect<VerifyStreamResponse> =>
    Effect.map(Effect.result(answerWithin(asked, caller)), (answered) => {
      if (Result.isFailure(answered)) observations.problem(answered.failure.code)
      const named = Result.mapBoth(answered, { onFailure: inRequest, onSuccess: toAnswerMessage })
      return create(VerifyStreamResponseSchema, { result: toResultMessage(idOf(asked.request), named) })
    })

  return (requests: AsyncIterable<VerifyStreamRequest>, handled: HandlerContext) => {
    const call = callOf(handled)
    const traced = choose(call)
    const toSpan = (asked: VerifyStreamRequest) => {
      const work = Effect.annotateLogs(toResult(asked, call.caller), { request: call.requestId, address: call.address })
      return traced?.(work) ?? work
    }
    let lost: AdmissionFault | undefined
    const isPermitted = () => (lost = identify(call)) === undefined
    const end = Stream.suspend(() => {
      if (lost !== undefined) return Stream.fail(refuse(call, lost.problem))
      return call.isReceived ? Stream.empty : Stream.fail(refuse(call, stopping))
    })
    const results = Stream.fromAsyncIterable(requests, (cause) => ConnectError.from(cause)).pipe(
      // Not `haltWhen`, which waits for the next question.
      Stream.interruptWhen(awaited),
      Stream.takeWhile(isPermitted),
      Stream.mapEffect(toSpan, {
        concurrency: callLimits.streamQuestions,
        unordered: true
      }),
      Stream.concat(end)
    )
    return Stream.toAsyncIterableWith(whileWanted(results, handled), context)
  }
})

const stopping = overloaded("The service is stopping; its other replicas answer.")

const decode = ({ request, ...message }: VerifyStreamRequest) => {
  const fault = unknownFieldProblem(message)
  if (fault !== undefined) return Result.fail(fault)
  return Result.flatMap(toBatchQuestion(request), decodeBatchQuestion)
}

/** As `field` of a question of this stream. */
const inRequest = (problem: Problem): Problem => problemAt(problem, "request")

const octetsOf = (request: BatchQuestion | undefined): number => {
  const presented = request?.question?.presented
  if (presented?.case === "certificate") return presented.value.length
  if (presented?.case !== "chain") return 0
  return presented.value.certificates.reduce((sum, { length }) => sum + length, 0)
}

const idOf = (request: BatchQuestion | undefined): string | undefined =>
  request?.id === undefined ? undefined : usableId({ id: request.id })
