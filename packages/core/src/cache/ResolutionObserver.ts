/**
 * Callbacks for metrics of resolutions. They are plain functions, so the library depends on no metrics library.
 *
 * **Gotchas**
 *
 * Callbacks run on the hot path: they must be fast, synchronous, and must not throw.
 */
import { Clock, Context, Effect, Exit, Result } from "effect"
import type { VerdictCode } from "../codes.ts"
import type { FetchCode, Fetcher, FetchError } from "../fetch/Fetcher.ts"
import type { Generation } from "../question/Generation.ts"
import { monotonicMsOf } from "../question/Stamp.ts"
import type { FleetShape } from "./Fleet.ts"
import type { Source } from "./Source.ts"
import type { CacheEntry } from "./store/AssociationStore.ts"

/** The phases of a request, in order. */
export type FetchPhase = "dns" | "connect" | "tls" | "exchange"

/** All times are durations in milliseconds, on the monotonic clock. */
export interface ResolutionObserverShape {
  /** A question read the cache; called once for each generation. */
  readonly lookedUp: (remembered: CacheEntry) => void
  /** A cache entry of this age served. */
  readonly served: (ageMs: number) => void
  /** The number of questions that wait for a flight changed by one. */
  readonly waiting: (change: 1 | -1) => void
  /** A question joined a flight that another one had started. */
  readonly coalesced: () => void
  /** A refresh started in the background, before the entry became stale (POSH-CAC-34). */
  readonly refreshedAhead: () => void
  /** An attempt at one generation ended; `Cancelled` if no question waited for it any longer. */
  readonly resolved: (generation: Generation, code: VerdictCode | "Resolved", ms: number) => void
  /** A request to an origin ended. `Answered` for a response of any status. */
  readonly fetched: (code: FetchCode | "Answered" | "Cancelled", ms: number) => void
  /** The same of a request for certificates that a chain lacks; its phases are not reported. */
  readonly fetchedIssuer: (code: FetchCode | "Answered" | "Cancelled", ms: number) => void
  /** A phase of a request to an origin succeeded. */
  readonly passed: (phase: FetchPhase, ms: number) => void
  /** This process led or followed another one; `fenced`: it lost its lead, or the key was purged. */
  readonly led: (role: "lead" | "follow" | "fenced") => void
  /** A memory cache was created. The functions are cheap. `bytes` is a conservative estimate. */
  readonly remembering: (
    sizes: { readonly entries: () => number; readonly bytes: () => number; readonly evicted: () => number }
  ) => void
}

const nothing = () => undefined

/** The default ignores everything. */
export const ResolutionObserver = Context.Reference<ResolutionObserverShape>("posh/ResolutionObserver", {
  defaultValue: () => ({
    lookedUp: nothing,
    served: nothing,
    waiting: nothing,
    coalesced: nothing,
    refreshedAhead: nothing,
    resolved: nothing,
    fetched: nothing,
    fetchedIssuer: nothing,
    passed: nothing,
    led: nothing,
    remembering: nothing
  })
})

/** Decorates a source. */
export const observeSource = ({ fetch, key }: Source, { resolved }: ResolutionObserverShape): Source => ({
  key,
  fetch: (request) =>
    timed(
      fetch(request),
      (exit, ms) => resolved(key.generation, Exit.isSuccess(exit) ? "Resolved" : failureCode(exit), ms)
    )
})

/** Decorates a fetcher. */
export const observeFetcher = (
  { find, get }: Fetcher["Service"],
  { fetched }: Pick<ResolutionObserverShape, "fetched">
): Fetcher["Service"] => ({
  get: (request) => timed(get(request), (exit, ms) => fetched(outcomeOf(exit), ms)),
  ...(find === undefined ? {} : { find: observeFind(find, fetched) })
})

/** One request in two parts; the time between them does not count. */
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

/** Decorates a fleet. */
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

/** Reports the duration of a phase if it succeeded. */
export const observePhase =
  (phase: FetchPhase, { passed }: Pick<ResolutionObserverShape, "passed">) =>
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
