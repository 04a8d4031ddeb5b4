/**
 * What is spent on strangers' servers, as a decorator over {@link Fetcher} (POSH-SEC-12): concurrency and requests a
 * minute for each source domain and for each target host, and a bound on everything at once.
 *
 * Hosts count by their site: with a wildcard in DNS, one server has as many names as somebody cares to invent, each of
 * them a source domain and a host of its own.
 *
 * **Details**
 *
 * A request waits for its turn; how long is the attempt's decision, which reads in `waiting` what for. A wait that is
 * known to be longer than a whole attempt may take fails at once, with the time after which it would have worked.
 */
import { Clock, Effect, Exit, Option, Semaphore } from "effect"
import { type Fetcher, FetchError, type FetchRequest, type FetchResponse, type Waiting } from "./Fetcher.ts"
import type { BudgetLimits } from "./Limits.ts"
import { monotonicMs } from "./monotonic.ts"
import { siteOf } from "./Site.ts"

type Get = Fetcher["Service"]["get"]

export const withBudgets = (get: Get, limits: BudgetLimits): Get => {
  const sources = makeGates(limits.perSourceConcurrent, limits.perSourcePerMinute)
  const sites = makeGates(limits.perHostConcurrent, limits.perHostPerMinute)
  const everything = Semaphore.makeUnsafe(limits.inFlight)

  return Effect.fnUntraced(function*(request) {
    const startedAt = yield* Clock.currentTimeMillis
    const now = yield* monotonicMs
    const source = sources(request.sourceDomain, now)
    const site = sites(siteOf(request.target.host), now)
    const wait = Math.max(source.waitMs(now), site.waitMs(now))
    if (wait > request.limits.attemptMs) {
      const trace = { startedAt, endedAt: startedAt }
      return yield* new FetchError({ code: "RateLimitedLocally", retryAfterMs: Math.ceil(wait), trace })
    }
    const leave = enter([source, site], now)

    const paced = wait > 0 ? waitingFor(request, "RateLimitedLocally", Effect.sleep(wait)) : Effect.void
    return yield* paced.pipe(
      Effect.andThen(
        get(request).pipe(
          inTurn(everything, request, "ResolverOverloaded"),
          inTurn(site.turns, request, "RateLimitedLocally"),
          inTurn(source.turns, request, "RateLimitedLocally")
        )
      ),
      Effect.ensuring(leave)
    )
  })
}

const enter = (gates: ReadonlyArray<Gate>, now: number) => {
  for (const gate of gates) gate.enter(now)
  return Effect.sync(() => {
    for (const gate of gates) gate.leave()
  })
}

/**
 * Notes what is waited for (see {@link FetchRequest.waiting}). An interruption leaves the note: it is then the reason why
 * an attempt ran out of time.
 */
const waitingFor = <A, E>(request: FetchRequest, code: Waiting["code"] & string, wait: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    request.waiting.code = code
    return wait
  }).pipe(Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : notWaiting(request)))

const notWaiting = (request: FetchRequest) => Effect.sync(() => delete request.waiting.code)

/** Runs with a permit: at once where one is free, else in the order of asking. */
const inTurn =
  (turns: Semaphore.Semaphore, request: FetchRequest, code: Waiting["code"] & string) =>
  (work: Effect.Effect<FetchResponse, FetchError>): Effect.Effect<FetchResponse, FetchError> =>
    Effect.flatMap(
      turns.withPermitsIfAvailable(1)(work),
      Option.match({
        onSome: Effect.succeed,
        onNone: () => waitingFor(request, code, turns.withPermit(Effect.andThen(notWaiting(request), work)))
      })
    )

interface Gate {
  readonly turns: Semaphore.Semaphore
  /** Milliseconds until the next request is due. */
  readonly waitMs: (now: number) => number
  readonly enter: (now: number) => void
  readonly leave: () => void
  /** Nobody is inside and nothing is owed: the gate can be forgotten. */
  readonly isIdle: (now: number) => boolean
}

/** A token bucket: `perMinute` at once, and refilled evenly. State is one instant, so an idle gate is worth nothing. */
const makeGate = (concurrent: number, perMinute: number): Gate => {
  const interval = 60_000 / perMinute
  let fullAt = 0
  let inside = 0
  const owed = (now: number) => Math.max(0, fullAt - now)
  return {
    turns: Semaphore.makeUnsafe(concurrent),
    waitMs: (now) => Math.max(0, owed(now) - (perMinute - 1) * interval),
    enter: (now) => {
      fullAt = now + owed(now) + interval
      inside += 1
    },
    leave: () => {
      inside -= 1
    },
    isIdle: (now) => inside === 0 && owed(now) === 0
  }
}

/** Gates by key. Idle ones are swept whenever their number has doubled, so a flood of keys is bounded by its rate. */
const makeGates = (concurrent: number, perMinute: number) => {
  const gates = new Map<string, Gate>()
  let sweepAt = 1_024
  return (key: string, now: number): Gate => {
    const known = gates.get(key)
    if (known !== undefined) return known
    if (gates.size >= sweepAt) {
      for (const [name, gate] of gates) if (gate.isIdle(now)) gates.delete(name)
      sweepAt = Math.max(1_024, gates.size * 2)
    }
    const gate = makeGate(concurrent, perMinute)
    gates.set(key, gate)
    return gate
  }
}
