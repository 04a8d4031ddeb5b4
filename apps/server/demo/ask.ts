/**
 * Asks one question over HTTP, and says whether the answer is the expected one.
 */
import type { Answer, Client } from "@posh/api"
import { Clock, Effect } from "effect"
import type { Expected, Scene } from "./scenes.ts"

export interface Outcome {
  readonly answer: Answer
  /** Milliseconds from question to answer, as the caller sees them. */
  readonly elapsedMs: number
  /** What is not as expected; empty where all is well. */
  readonly differences: ReadonlyArray<string>
}

export const ask = Effect.fnUntraced(function*(client: Client, { certificate, domain, expected }: Scene) {
  const startedAt = yield* Clock.currentTimeMillis
  const answer = yield* client.verification.verify({ payload: { ...questionOf(domain), certificate: certificate.pem } })
  const endedAt = yield* Clock.currentTimeMillis
  return { answer, elapsedMs: endedAt - startedAt, differences: compare(answer, expected) }
})

/** The question but for its certificate. */
export const questionOf = (domain: string) => ({ domain, service: "xmpp-server", explain: true }) as const

/** The requests that led to the answer, over both generations. */
export const hopsOf = ({ evidence }: Answer) => evidence?.attempts.flatMap(({ hops }) => hops) ?? []

const compare = (answer: Answer, expected: Expected): ReadonlyArray<string> =>
  [
    ["verdict", answer.verdict, expected.verdict],
    ["valid", answer.valid, expected.verdict === "verified"],
    ["code", answer.code, expected.code],
    ["cache", answer.cache, expected.cache],
    ["requests", hopsOf(answer).length, expected.requests]
  ].flatMap(([name, got, wanted]) => got === wanted ? [] : [`${name} is ${String(got)}, expected ${String(wanted)}`])
