/**
 * Equal questions of a batch: decided once, and their answer encoded once for all of their places.
 */
import type { Problem } from "@posh/api"
import type { Verdict } from "@posh/core"
import { Result } from "effect"
import type { Decision } from "./Decision.ts"
import { internalProblem } from "./problems.ts"
import type { AnswerOptions } from "./toAnswer.ts"

export type DecisionResult = Result.Result<Decision, Problem>

/** Encodes the answer with a verdict for the wire. */
export type EncodeAnswer<A> = (verdict: Verdict, options: AnswerOptions) => A

export class SharedQuestion<A> {
  /** Set later if memory did not have the answer. */
  decision: DecisionResult
  readonly #plain: Encoded<A> = { places: 0, value: undefined, encodedAt: 0 }
  readonly #explained: Encoded<A> = { places: 0, value: undefined, encodedAt: 0 }

  constructor(decision: DecisionResult = Result.fail(internalProblem)) {
    this.decision = decision
  }

  addPlace(explain: boolean): void {
    this.#encoded(explain).places += 1
  }

  /** The result for the next of its places. `now`: milliseconds since the epoch. */
  take(explain: boolean, now: number, encode: EncodeAnswer<A>): Result.Result<A, Problem> {
    return Result.map(
      this.decision,
      ({ id, verdict }) => reuse(this.#encoded(explain), now, () => encode(verdict, { id, explain, now }))
    )
  }

  #encoded(explain: boolean): Encoded<A> {
    return explain ? this.#explained : this.#plain
  }
}

/** An encoded answer, until its last place is taken. */
interface Encoded<A> {
  places: number
  value: A | undefined
  /** Milliseconds since the epoch. */
  encodedAt: number
}

/**
 * Milliseconds for which an encoded answer is reused. Its `ttl` counts from the moment at which it is encoded, so a slow
 * reader must not get one that was encoded long ago.
 */
const reuseMs = 1_000

const reuse = <A>(encoded: Encoded<A>, now: number, encode: () => A): A => {
  const isFresh = Math.abs(now - encoded.encodedAt) < reuseMs
  const reused = isFresh ? encoded.value : undefined
  const value = reused ?? encode()
  if (reused === undefined) encoded.encodedAt = now
  encoded.places -= 1
  encoded.value = encoded.places > 0 ? value : undefined
  return value
}
