/**
 * Answers and problems of the contract → messages. Names and meaning are those of JSON; instants and hashes have types of their own.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import type * as Api from "@posh/api"
import { type Answer, AnswerSchema, type BatchResultSchema, type ProblemSchema } from "@posh/api/grpc"
import { Result } from "effect"
import { inQuestion, toField } from "./fields.ts"
import { toEvidenceMessage } from "./toEvidence.ts"
import { mapped, toInt64, toOctets, toTimestamp } from "./values.ts"

export const toAnswerMessage = (answer: Api.Answer): Answer => {
  const { certificate, evidence, proofs, refreshAfter, retryAfterMs, ttl, validUntil, ...same } = answer
  return create(AnswerSchema, {
    ...same,
    proofs: [...proofs ?? []],
    certificate: {
      sha256: mapped(certificate.sha256, toOctets),
      sha512: mapped(certificate.sha512, toOctets),
      notBefore: mapped(certificate.notBefore, toTimestamp),
      notAfter: mapped(certificate.notAfter, toTimestamp),
      datesChecked: certificate.datesChecked
    },
    validUntil: mapped(validUntil, toTimestamp),
    refreshAfter: mapped(refreshAfter, toTimestamp),
    ttl: toInt64(ttl),
    retryAfterMs: mapped(retryAfterMs, toInt64),
    evidence: mapped(evidence, toEvidenceMessage)
  })
}

export const toProblemMessage = (
  { code, detail, field, retryAfterMs }: Api.Problem
): MessageInitShape<typeof ProblemSchema> => ({
  code,
  detail,
  field: mapped(field, (name) => inQuestion(toField(name))),
  retryAfterMs: mapped(retryAfterMs, toInt64)
})

export const toResultMessage = (
  id: string | undefined,
  answer: Result.Result<Answer, Api.Problem>
): MessageInitShape<typeof BatchResultSchema> => ({
  id,
  result: Result.isSuccess(answer)
    ? { case: "answer", value: answer.success }
    : { case: "problem", value: toProblemMessage(answer.failure) }
})
