/** What is right: verdict and code, and nothing else counts. */
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

/** A question with the answers that are right. */
export interface Question {
  readonly domain: string
  readonly body: string
  /**
   * To be called when the question is sent to a replica, and the result when it is answered: what was right may have
   * changed in between, and then either is.
   */
  readonly begin: (replica: number) => () => ReadonlyArray<KnownAnswer>
}

/** A question whose answer never changes. */
export const constantQuestion = (
  domain: string,
  certificate: { readonly pem: string },
  answer: KnownAnswer
): Question => ({
  domain,
  body: toBody(domain, certificate),
  begin: () => () => [answer]
})
