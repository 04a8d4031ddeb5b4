/**
 * How much one client holds at a time: questions whose callers wait, whether they are under way, wait for a repetition, or share
 * the request of another. Strangers choose domains and certificates, so count and octets are bounded.
 */
import { Effect } from "effect"
import { ClientError, toFault } from "./faults.ts"

export const roomLimits = { questions: 10_000, octets: 64 * 1024 * 1024 } as const

export class Room {
  readonly #limits: { readonly questions: number; readonly octets: number }
  #questions = 0
  #octets = 0

  constructor(limits: { readonly questions: number; readonly octets: number } = roomLimits) {
    this.#limits = limits
  }

  /** Refuses at once what has no room. */
  hold<A>(octets: number, work: Effect.Effect<A, ClientError>): Effect.Effect<A, ClientError> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        const fits = this.#questions < this.#limits.questions && this.#octets + octets <= this.#limits.octets
        if (fits) this.#count(1, octets)
        return fits
      }),
      (fits) => fits ? work : Effect.fail(new ClientError({ fault: toFault("Busy").fault })),
      (fits) => Effect.sync(() => fits ? this.#count(-1, -octets) : undefined)
    )
  }

  #count(questions: number, octets: number): void {
    this.#questions += questions
    this.#octets += octets
  }
}
