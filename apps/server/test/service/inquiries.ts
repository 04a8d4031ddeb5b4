/**
 * Prepares questions for verifiers that answer by the domain alone; of a certificate nothing is read.
 */
import {
  type Domain,
  type Inquiry,
  Presented,
  type Question,
  type QuestionError,
  type ServiceKey,
  Verifier
} from "@posh/core"
import { makeKey, makeTlsaKey, nothingPending } from "@posh/core/cache"
import { registeredServices } from "@posh/core/question"
import { Effect, Layer, Result } from "effect"

export interface FakeInquiry extends Inquiry {
  readonly question: Question
}

export const prepare = (question: Question): Result.Result<FakeInquiry, QuestionError> => {
  const [domain, key] = [question.domain as Domain, question.service as ServiceKey]
  return Result.succeed({
    question,
    target: {
      domain,
      service: { key, draftDesc: "", srvName: "", protocol: "tcp", port: undefined },
      keys: {
        rfc7711: makeKey(domain, key, "rfc7711"),
        draft: makeKey(domain, key, "draft"),
        tlsa: makeTlsaKey(domain, key)
      }
    },
    presented: new Presented({}),
    options: {
      prooftypes: question.prooftypes ?? ["posh"],
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

type Answers = Pick<Verifier["Service"], "verify"> & Partial<Pick<Verifier["Service"], "recall">>

/** A verifier that answers prepared questions like this, remembers nothing unless `recall` does, and lists nothing. */
export const layerAnswering = (answers: Answers): Layer.Layer<Verifier> =>
  Layer.succeed(
    Verifier,
    Verifier.of({
      services: registeredServices,
      prepare,
      recall: () => undefined,
      readAhead: () => false,
      report: () => Effect.die("not asked"),
      forget: () => Effect.succeed(nothingPending),
      inventory: () => Effect.die("not asked"),
      lookups: () => Effect.die("not asked"),
      ...answers
    })
  )
