/**
 * The JSON of an answer, put together from its parts: a third of the cost of making the message and encoding it. Equal to
 * the octet to `JSON.stringify(toAnswer(…))` (`answerText.test.ts` compares both).
 */
import type { Verdict } from "@posh/core"
import { toInstant } from "../service/instants.ts"
import { type AnswerOptions, toEvidence, toPresented, toTtl } from "../service/toAnswer.ts"

export const answerText = (
  verdict: Verdict,
  { explain, id, now = verdict.decidedAt }: AnswerOptions
): string => {
  const { cache, generation, proofs, refreshAfter, retryAfterMs, validUntil } = verdict
  // Ids, codes, domains, keys of services and instants need no escapes.
  return `{"id":"${id}","valid":${verdict.valid},"verdict":"${verdict.verdict}","code":"${verdict.code}",` +
    `"message":${quoted(verdict.message)},"domain":"${verdict.domain}","service":"${verdict.service}",` +
    `"prooftype":"${verdict.prooftype}","certificate":${certificateText(verdict)},"ttl":${toTtl(verdict, now)},` +
    `"retryable":${verdict.retryable}` +
    (proofs === undefined ? "" : `,"proofs":${JSON.stringify(proofs)}`) +
    (generation === undefined ? "" : `,"generation":"${generation}"`) +
    (validUntil === undefined ? "" : `,"validUntil":"${toInstant(validUntil)}"`) +
    (refreshAfter === undefined ? "" : `,"refreshAfter":"${toInstant(Math.max(refreshAfter, now))}"`) +
    (retryAfterMs === undefined ? "" : `,"retryAfterMs":${JSON.stringify(retryAfterMs)}`) +
    (cache === undefined ? "" : `,"cache":"${cache}"`) +
    (explain ? `,"evidence":${JSON.stringify(toEvidence(verdict))}}` : "}")
}

const certificateText = ({ presented }: Verdict): string => {
  const { certificate, sha256Text } = presented
  return certificate === undefined || sha256Text === undefined
    ? JSON.stringify(toPresented(presented))
    : `{"sha256":"${sha256Text}","notBefore":"${toInstant(certificate.notBefore)}",` +
      `"notAfter":"${toInstant(certificate.notAfter)}","datesChecked":true}`
}

const quoted = (text: string): string => unescaped.test(text) ? `"${text}"` : JSON.stringify(text)

/** ASCII that JSON takes as it is. */
const unescaped = /^[ !#-[\]-~]*$/
