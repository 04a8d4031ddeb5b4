/**
 * Prepares questions for verifiers that answer by the domain alone; of a certificate nothing is read.
 */
import {
  type Domain,
  type Inquiry,
  makeKey,
  Presented,
  type Question,
  type QuestionError,
  type ServiceKey
} from "@posh/core"
import { Result } from "effect"

export interface FakeInquiry extends Inquiry {
  readonly question: Question
}

export const prepare = (question: Question): Result.Result<FakeInquiry, QuestionError> => {
  const [domain, key] = [question.domain as Domain, question.service as ServiceKey]
  return Result.succeed({
    question,
    target: {
      domain,
      service: { key, draftDesc: "", srvName: "" },
      keys: { rfc7711: makeKey(domain, key, "rfc7711"), draft: makeKey(domain, key, "draft") }
    },
    presented: new Presented({}),
    options: {
      generations: "rfc-then-draft",
      nameCheck: "advisory",
      chainCheck: "off",
      refresh: question.refresh === true,
      deadlineMs: 10_000
    }
  })
}

/** The domain of a prepared question. */
export const domainOf = ({ target }: Inquiry): string => target.domain

/** The question that it was prepared from. */
export const questionOf = (inquiry: Inquiry): Question => (inquiry as FakeInquiry).question
