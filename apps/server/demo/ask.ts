/**
 * Asks one question over HTTP, and compares the answer with the expected one.
 */
import type { Answer, Client } from "@posh/api"
import { Clock, Effect } from "effect"
import type { Expected, Scene } from "./scenes.ts"

export interface Outcome {
  readonly answer: Answer
  /** Latency as the caller sees it, milliseconds. */
  readonly elapsedMs: number
  /** Differences from the expected answer; empty if there are none. */
  readonly differences: ReadonlyArray<string>
}

export const ask = Effect.fnUntraced(function*(client: Client, scene: Scene) {
  const { certificate, expected } = scene
  const startedAt = yield* Clock.currentTimeMillis
  const answer = yield* client.verification.verify({ payload: { ...questionOf(scene), certificate: certificate.pem } })
  const endedAt = yield* Clock.currentTimeMillis
  return { answer, elapsedMs: endedAt - startedAt, differences: compare(answer, expected) }
})

/** The question without its certificate. */
export const questionOf = ({ domain, prooftypes }: Pick<Scene, "domain" | "prooftypes">) =>
  ({
    domain,
    service: "xmpp-server",
    explain: true,
    ...(prooftypes === undefined ? {} : { prooftypes })
  }) as const

/** The requests behind the answer, of both generations. */
export const hopsOf = ({ evidence }: Answer) => evidence?.attempts.flatMap(({ hops }) => hops) ?? []

/** What each proof type says, as `pkix verified (Verified)`. */
export const proofsOf = ({ proofs = [] }: Answer): ReadonlyArray<string> =>
  proofs.map(({ code, prooftype, verdict }) => `${prooftype} ${verdict} (${code})`)

const compare = (answer: Answer, expected: Expected): ReadonlyArray<string> =>
  [
    ["verdict", answer.verdict, expected.verdict],
    ["valid", answer.valid, expected.verdict === "verified"],
    ["code", answer.code, expected.code],
    ["cache", answer.cache, expected.cache],
    ["requests", hopsOf(answer).length, expected.requests],
    ["proofs", proofsOf(answer).join(), (expected.proofs ?? []).join()]
  ].flatMap(([name, got, wanted]) => got === wanted ? [] : [`${name} is ${String(got)}, expected ${String(wanted)}`])
