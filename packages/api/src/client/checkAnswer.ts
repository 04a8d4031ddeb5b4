/**
 * Is this the answer to exactly this question, and does it agree with itself? A yes counts only after this.
 */
import { Effect } from "effect"
import type { Answer } from "../Answer.ts"
import { toBase64 } from "./base64.ts"
import { type RequestFault, toFault } from "./faults.ts"
import type { PreparedQuestion } from "./prepare.ts"

export const checkAnswer = (question: PreparedQuestion, answer: Answer): Effect.Effect<Answer, RequestFault> =>
  Effect.gen(function*() {
    if (!agrees(answer)) return yield* Effect.fail(toFault("InvalidAnswer", { detail: "it contradicts itself" }))
    if (answer.domain !== question.domain) return yield* wrong("domain")
    if (answer.service !== question.service) return yield* wrong("service")
    const { sha256, sha512 } = yield* hashesOf(question)
    const { certificate } = answer
    if (certificate.sha256 !== undefined && certificate.sha256 !== sha256) return yield* wrong("certificate")
    if (certificate.sha512 !== undefined && certificate.sha512 !== sha512) return yield* wrong("certificate")
    // A yes names the certificate that it is about; a no may be about one that nobody could read.
    const isNamed = certificate.sha256 !== undefined || certificate.sha512 !== undefined
    return answer.valid && !isNamed ? yield* wrong("certificate") : answer
  })

/** `valid`, `verdict` and `code` say the same, and numbers are what they stand for. */
const agrees = ({ certificate, code, retryAfterMs = 0, ttl, valid, verdict }: Answer): boolean =>
  valid === (verdict === "verified") && valid === (code === "Verified") && ttl >= 0 && (valid || ttl === 0) &&
  retryAfterMs >= 0 && typeof certificate === "object"

const wrong = (what: string) => Effect.fail(toFault("WrongAnswer", { detail: `its ${what} is another one` }))

const hashesOf = ({ hashes, leaf }: PreparedQuestion): Effect.Effect<PreparedQuestion["hashes"], RequestFault> => {
  if (leaf === undefined) return Effect.succeed(hashes)
  return Effect.tryPromise({
    try: () => crypto.subtle.digest("SHA-256", leaf),
    catch: () => toFault("CryptoUnavailable")
  }).pipe(Effect.map((digest) => ({ sha256: toBase64(new Uint8Array(digest)) })))
}
