/**
 * A circuit breaker as a pure state machine: it admits commands and takes in their results. Time is an argument, in
 * milliseconds of a monotonic clock.
 */

/**
 * `Probing`: one command is in flight to find out if Redis is usable again (half-open). An epoch lasts from one opening
 * to the next; results of commands of an earlier epoch are ignored.
 */
export type Breaker =
  | { readonly _tag: "Closed"; readonly epoch: number }
  | { readonly _tag: "Open"; readonly epoch: number; readonly until: number }
  | { readonly _tag: "Probing"; readonly epoch: number }

/** Permission to send one command. */
export interface Ticket {
  readonly epoch: number
  readonly probe: boolean
}

export const closed: Breaker = { _tag: "Closed", epoch: 0 }

/** The ticket is absent if the command must not be sent. */
export const admit = (
  breaker: Breaker,
  now: number
): { readonly breaker: Breaker; readonly ticket?: Ticket } => {
  const { epoch } = breaker
  if (breaker._tag === "Closed") return { breaker, ticket: { epoch, probe: false } }
  if (breaker._tag === "Probing" || now < breaker.until) return { breaker }
  return { breaker: { _tag: "Probing", epoch }, ticket: { epoch, probe: true } }
}

/** `usable`: Redis answered, even with an error reply. */
export const settle = (
  breaker: Breaker,
  { epoch, probe }: Ticket,
  usable: boolean,
  now: number,
  periodMs: number
): Breaker => {
  const isCurrent = epoch === breaker.epoch && (breaker._tag === "Closed" || (probe && breaker._tag === "Probing"))
  if (!isCurrent) return breaker
  if (!usable) return { _tag: "Open", epoch: epoch + 1, until: now + periodMs }
  return probe ? { _tag: "Closed", epoch } : breaker
}
