/** Answers as the service gives them, without a service. */
import { hash } from "node:crypto"
import type { Answer, BatchQuestion } from "../../src/index.ts"

export const answerTo = (
  { certificate, chain, domain, fingerprint, service }: BatchQuestion,
  more: Partial<Answer> = {}
): Answer => {
  const leaf = certificate ?? chain?.[0]
  const sha256 = leaf === undefined ? fingerprint?.["sha-256"] : hash("sha256", Buffer.from(leaf, "base64"), "base64")
  return {
    id: "0193561d-2c7a-7f3e-9d0a-5b2f6c1e8a44",
    valid: true,
    verdict: "verified",
    code: "Verified",
    message: "It vouches.",
    domain,
    service,
    prooftype: "posh",
    certificate: { ...(sha256 === undefined ? {} : { sha256 }), datesChecked: leaf !== undefined },
    ttl: 60,
    retryable: false,
    ...more
  }
}

export const undecided: Partial<Answer> = {
  valid: false,
  verdict: "indeterminate",
  code: "DeadlineExceeded",
  ttl: 0,
  retryable: true
}

/** DER enough for the client, another one for each number. */
export const certificateOf = (number: number): string =>
  Buffer.from([0x30, 4, 2, 2, number >> 8, number & 255]).toString("base64")
