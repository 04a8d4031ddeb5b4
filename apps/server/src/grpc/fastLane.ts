/**
 * `Verify` of plain gRPC from memory, without the library, which costs ten times as much as the answer. What it does not answer, the
 * library does, and answers the same: also all that is refused.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { VerificationService, VerifyRequestSchema, VerifyResponseSchema } from "@posh/api/grpc"
import { Effect, Option, Result } from "effect"
import type { OutgoingHttpHeaders } from "node:http2"
import { parseQuestion } from "../service/answerQuestion.ts"
import { Decider } from "../service/Decider.ts"
import { callerBounds } from "../service/limits/bounds.ts"
import { toAnswer } from "../service/toAnswer.ts"
import { requestIdHeader } from "../telemetry/requestId.ts"
import type { Call } from "./calls/Call.ts"
import { inspectOf } from "./calls/inspectOf.ts"
import { makeRunner } from "./calls/run.ts"
import type { AdmitCall } from "./gate.ts"
import { isSimple } from "./messages/inspect.ts"
import { toAnswerMessage } from "./messages/toAnswer.ts"
import { toQuestion } from "./messages/toQuestion.ts"
import { unknownFieldProblem } from "./messages/unknownFields.ts"

export interface FastLane {
  /** Its body may be read and answered here: the caller is let in, and has a place. */
  readonly takes: (call: Call) => boolean
  /** The message of the answer behind its flag and length; `undefined`: the library has to answer. */
  readonly answer: (call: Call, body: Buffer) => Buffer | undefined
}

export const makeFastLane = (admit: AdmitCall): Effect.Effect<FastLane, never, Decider> =>
  Effect.gen(function*() {
    const { recall } = yield* Decider
    const { choose } = yield* makeRunner
    const answer = (call: Call, body: Buffer): Buffer | undefined => {
      const message = messageOf(body)
      if (message === undefined || !isSimple(inspect, message) || choose(call) !== undefined) return undefined
      const request = fromBinary(VerifyRequestSchema, message)
      if (unknownFieldProblem(request) !== undefined) return undefined
      const parsed = Result.flatMap(toQuestion(request.question), parseQuestion)
      if (Result.isFailure(parsed)) return undefined
      const { explain, question } = parsed.success
      const decision = recall(question, call.caller)
      if (decision === undefined) return undefined
      const answered = toAnswerMessage(toAnswer(decision.verdict, { id: decision.id, explain }))
      return enveloped(toBinary(VerifyResponseSchema, create(VerifyResponseSchema, { answer: answered })))
    }
    const takes = (call: Call): boolean => isUsual(call) && admit(call) === undefined
    // A defect, or what is no message: the library meets it again.
    const [safelyTakes, safely] = [Option.liftThrowable(takes), Option.liftThrowable(answer)]
    return {
      takes: (call) => Option.getOrElse(safelyTakes(call), () => false),
      answer: (call, body) => Option.getOrUndefined(safely(call, body))
    }
  })

const inspect = inspectOf(VerificationService.method.verify)

const isUsual = ({ headers, method }: Call): boolean =>
  method === "posh.v1.VerificationService/Verify" && headers[":method"] === "POST" &&
  headers["content-type"] === "application/grpc" && headers["grpc-encoding"] === undefined &&
  (headers["grpc-timeout"] === undefined || timeout.test(String(headers["grpc-timeout"])))

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const timeout = /^\d{1,8}[HMSmun]$/

const prefixLength = 5

const messageOf = (body: Buffer): Buffer | undefined =>
  body.length >= prefixLength && body.length <= callerBounds.smallBody && body[0] === 0 &&
    body.readUInt32BE(1) === body.length - prefixLength
    ? body.subarray(prefixLength)
    : undefined

const enveloped = (message: Uint8Array): Buffer => {
  const octets = Buffer.allocUnsafe(prefixLength + message.length)
  octets[0] = 0
  octets.writeUInt32BE(message.length, 1)
  octets.set(message, prefixLength)
  return octets
}

/** Of an answer of this lane. */
export const answerHeaders = ({ requestId }: Call): OutgoingHttpHeaders => ({
  ":status": 200,
  "content-type": "application/grpc",
  "cache-control": "no-store",
  [requestIdHeader]: requestId
})
