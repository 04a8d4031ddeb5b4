/**
 * Negotiation between the generations: which one is asked next, and which one decides (requirements §9.2). Pure; recall
 * from memory and resolution both use it.
 */
import { Result } from "effect"
import type { Attempted } from "../../cache/Resolution.ts"
import { isUnanswered } from "../../codes.ts"
import type { Generation, Generations } from "../../question/Generation.ts"

export type NextStep =
  | { readonly _tag: "Decide"; readonly deciding: Attempted }
  /** Look up the material of the generation: in the cache, then at the origin. */
  | { readonly _tag: "Ask"; readonly generation: Generation }
  /**
   * Take the cached material of the generation without asking the origin. Allowed only if the last successful look-up
   * of RFC 7711 found nothing published: an outage must not bring superseded material back (POSH-SEC-30).
   */
  | { readonly _tag: "AskStore"; readonly generation: Generation; readonly otherwise: Attempted }

/** Decides the next step after these attempts, which are in the order of the generations. */
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
  // POSH-NEG-02: the next generation is asked only after an authoritative "nothing published".
  if (code === "NotPublished") return ask[generation]
  // POSH-NEG-06: if RFC 7711 cannot be asked again, draft material is used until its own fresh-until.
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
