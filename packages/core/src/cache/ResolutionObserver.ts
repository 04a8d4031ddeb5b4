/**
 * What whoever runs the library wants to count and to time. Plain callbacks, so that no library for metrics comes in.
 *
 * **Gotchas**
 *
 * Called in the middle of answering: a callback is quick, waits for nothing and never throws.
 */
import { Clock, Context, Effect, Exit, Result } from "effect"
import type { VerdictCode } from "../codes.ts"
import type { FetchCode, Fetcher, FetchError } from "../fetch/Fetcher.ts"
import type { Generation } from "../question/Generation.ts"
import { monotonicMsOf } from "../question/Stamp.ts"
import type { FleetShape } from "./Fleet.ts"
import type { Source } from "./Source.ts"
import type { CacheEntry } from "./store/AssociationStore.ts"

/** The parts of a request, in their order. */
export type FetchPhase = "dns" | "connect" | "tls" | "exchange"

/** All times are milliseconds that something took, on a clock that never goes backwards. */
export interface ResolutionObserverShape {
  /** A question looked into the cache for what may answer it, once for each generation that it asked about. */
  readonly lookedUp: (remembered: CacheEntry) => void
  /** What was remembered answered; so long ago it was learnt. */
  readonly served: (ageMs: number) => void
  /** One question more or less (-1) waits for an origin. */
  readonly waiting: (change: 1 | -1) => void
  /** A question waited for a resolution that another one had begun. */
  readonly coalesced: () => void
  /** A resolution began in the background, ahead of need (POSH-CAC-34). */
  readonly refreshedAhead: () => void
  /** An attempt at one generation ended; `Cancelled` where nobody waited any more. */
  readonly resolved: (generation: Generation, code: VerdictCode | "Resolved", ms: number) => void
  /** A request to a stranger's server ended. `Answered` whatever the status. */
  readonly fetched: (code: FetchCode | "Answered" | "Cancelled", ms: number) => void
  /** A part of such a request succeeded. */
  readonly passed: (phase: FetchPhase, ms: number) => void
  /** This process asked for the fleet, or waited for another; `fenced`: it lost its lead, or the key was forgotten. */
  readonly led: (role: "lead" | "follow" | "fenced") => void
  /** A memory cache came up; all functions are cheap. Bytes are an estimate on the safe side. */
  readonly remembering: (
    sizes: { readonly entries: () => number; readonly bytes: () => number; readonly evicted: () => number }
  ) => void
}

const nothing = () => undefined

/** Nothing is observed unless somebody provides more. */
export const ResolutionObserver = Context.Reference<ResolutionObserverShape>("posh/ResolutionObserver", {
  defaultValue: () => ({
    lookedUp: nothing,
    served: nothing,
    waiting: nothing,
    coalesced: nothing,
    refreshedAhead: nothing,
    resolved: nothing,
    fetched: nothing,
    passed: nothing,
    led: nothing,
    remembering: nothing
  })
})

/** The same source, observed. */
export const observeSource = ({ fetch, key }: Source, { resolved }: ResolutionObserverShape): Source => ({
  key,
  fetch: (request) =>
    timed(
      fetch(request),
      (exit, ms) => resolved(key.generation, Exit.isSuccess(exit) ? "Resolved" : failureCode(exit), ms)
    )
})

/** The same requests, observed. */
export const observeFetcher = (
  { find, get }: Fetcher["Service"],
  { fetched }: ResolutionObserverShape
): Fetcher["Service"] => ({
  get: (request) => timed(get(request), (exit, ms) => fetched(outcomeOf(exit), ms)),
  ...(find === undefined ? {} : { find: observeFind(find, fetched) })
})

/** One request in two parts; what lies between them is no part of it. */
const observeFind = (find: Find, fetched: ResolutionObserverShape["fetched"]): Find => (request) => {
  const spent = { ms: 0 }
  const found = timed(find(request), (exit, ms) => {
    spent.ms = ms
    if (Exit.isFailure(exit)) fetched(failureCode(exit), ms)
  })
  return Effect.map(found, (asking) => timed(asking, (exit, ms) => fetched(outcomeOf(exit), spent.ms + ms)))
}

type Find = NonNullable<Fetcher["Service"]["find"]>

const outcomeOf = (exit: Exit.Exit<unknown, FetchError>) => Exit.isSuccess(exit) ? "Answered" : failureCode(exit)

/** The same leads, observed. */
export const observeFleet = ({ lead }: FleetShape, { led }: ResolutionObserverShape): FleetShape => ({
  lead: (key, onLost) => {
    const onFenced = () => {
      led("fenced")
      onLost()
    }
    return Effect.map(lead(key, onFenced), (role) => {
      led(role._tag === "Lead" ? "lead" : "follow")
      return role
    })
  }
})

/** Says how long a part of a request took, where it succeeded. */
export const observePhase =
  (phase: FetchPhase, { passed }: ResolutionObserverShape) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    timed(work, (exit, ms) => Exit.isSuccess(exit) ? passed(phase, ms) : undefined)

const timed = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  onEnd: (exit: Exit.Exit<A, E>, ms: number) => void
): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => {
    const startedAt = monotonicMsOf(clock)
    return Effect.onExit(work, (exit) => Effect.sync(() => onEnd(exit, monotonicMsOf(clock) - startedAt)))
  })

/** The code of the failure; `Cancelled` for an interruption, `InternalError` for a defect. */
const failureCode = <Code extends string>(exit: Exit.Exit<unknown, { readonly code: Code }>) => {
  const failure = Exit.findError(exit)
  if (Result.isSuccess(failure)) return failure.success.code
  return Exit.hasInterrupts(exit) ? "Cancelled" : "InternalError"
}
