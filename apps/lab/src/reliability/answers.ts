/** The known answers: verdict and code. Other members are not compared. */
import { toBody } from "../question.ts"

export const knownAnswers = {
  verified: "verified Verified",
  mismatch: "mismatch CertificateMismatch",
  nothing: "no-material NotPublished",
  invalid: "unusable-material InvalidFingerprintsDocument",
  withdrawn: "unusable-material MaterialWithdrawn",
  refused: "indeterminate ConnectionRefused",
  failing: "indeterminate ServerError",
  late: "indeterminate DeadlineExceeded"
} as const

export type KnownAnswer = typeof knownAnswers[keyof typeof knownAnswers]

/** A question with its right answers. */
export interface Question {
  readonly domain: string
  readonly body: string
  /**
   * To be called when the question is sent to a replica; the result is to be called when the answer arrives. If the right
   * answer changed in between, both are right.
   */
  readonly begin: (replica: number) => () => ReadonlyArray<KnownAnswer>
}

/** A question whose right answer never changes. */
export const constantQuestion = (
  domain: string,
  certificate: { readonly pem: string },
  answer: KnownAnswer
): Question => ({
  domain,
  body: toBody(domain, certificate),
  begin: () => () => [answer]
})
