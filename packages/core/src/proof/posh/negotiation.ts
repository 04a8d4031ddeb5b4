/**
 * Which generation is asked next, and when is it enough? (requirements §9.2) Pure; every way through the generations is this one.
 */
import { Result } from "effect"
import type { Attempted } from "../../cache/Resolution.ts"
import { isUnanswered } from "../../codes.ts"
import type { Generation, Generations } from "../../question/Generation.ts"

export type NextStep =
  | { readonly _tag: "Decide"; readonly deciding: Attempted }
  /** Ask for what the generation publishes. */
  | { readonly _tag: "Ask"; readonly generation: Generation }
  /**
   * Take what is remembered of the generation, and ask no origin; but only where the domain's last word on RFC 7711 was
   * that it publishes nothing, so that no outage brings superseded material back (POSH-SEC-30).
   */
  | { readonly _tag: "AskStore"; readonly generation: Generation; readonly otherwise: Attempted }

/** The step after the attempts so far, which are in the order of the generations. */
export const nextStep = (
  generations: Generations,
  attempts: ReadonlyArray<Attempted>,
  { maxAgeMs }: { readonly maxAgeMs?: number }
): NextStep => {
  const last = attempts.at(-1)
  if (last === undefined) return ask[order[generations][0]]
  const generation = order[generations][attempts.length]
  if (generation === undefined || Result.isSuccess(last.outcome)) return { _tag: "Decide", deciding: last }
  const { code } = last.outcome.failure
  // POSH-NEG-02: only an authoritative "nothing published" lets the next one speak.
  if (code === "NotPublished") return ask[generation]
  // POSH-NEG-06: where RFC 7711 cannot be asked again, draft material serves until its own fresh-until.
  return isUnanswered(code) && maxAgeMs === undefined
    ? { _tag: "AskStore", generation, otherwise: last }
    : { _tag: "Decide", deciding: last }
}

/** POSH-NEG-01 */
const order: Readonly<Record<Generations, readonly [Generation, ...ReadonlyArray<Generation>]>> = {
  "rfc-then-draft": ["rfc7711", "draft"],
  "rfc-only": ["rfc7711"],
  "draft-only": ["draft"]
}

const ask: Readonly<Record<Generation, NextStep>> = {
  rfc7711: { _tag: "Ask", generation: "rfc7711" },
  draft: { _tag: "Ask", generation: "draft" }
}
