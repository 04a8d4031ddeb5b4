/**
 * Budgets for requests to other servers, as a decorator over {@link Fetcher} (POSH-SEC-12): concurrency and requests
 * per minute for each source domain and each target host, and a global limit on concurrency. Each process counts alone.
 *
 * Hosts count by site: a wildcard in DNS gives one server any number of names, each of which could be a source domain
 * and a host.
 *
 * **Details**
 *
 * Budgets are fair queues, not first come, first served: an attacker chooses who causes requests, so the groups that
 * cause them take turns, and a flood delays only itself (see `pathOf`). DNS look-ups come first and have a budget of
 * their own, so a name without address costs the site's request budget nothing.
 *
 * A request waits for its turn. The attempt decides how long, and reads in `waiting` what for. If the queue is full,
 * the request is shed at once, with the time after which to retry.
 */
import { Clock, Effect, Exit, Option, PartitionedSemaphore } from "effect"
import type { BudgetLimits } from "../Limits.ts"
import { CallerBudget } from "../question/CallerBudget.ts"
import { monotonicMs } from "../question/Stamp.ts"
import { type BudgetGate, type BudgetGateError, makeBudgetGate } from "./BudgetGate.ts"
import type { GroupPath } from "./FairQueue.ts"
import { type Fetcher, FetchError, type FetchRequest, type Waiting } from "./Fetcher.ts"
import { siteOf } from "./Site.ts"

type Get = Fetcher["Service"]["get"]

export const withBudgets = ({ find, get }: Fetcher["Service"], limits: BudgetLimits): Get => {
  const sources = makeGates(limits.perSourceConcurrent, limits.perSourcePerMinute)
  const lookUps = makeGates(limits.perHostLookUpsConcurrent, limits.perHostLookUpsPerMinute)
  const sites = makeGates(limits.perHostConcurrent, limits.perHostPerMinute)
  // Partitioned by caller: a thousand questions of one caller to slow domains must not block another caller.
  const everything = PartitionedSemaphore.makeUnsafe<string>({ permits: limits.inFlight })

  return Effect.fnUntraced(function*(request) {
    const now = yield* monotonicMs
    const { account } = yield* CallerBudget
    const site = siteOf(request.target.host)
    const path = pathOf(request, account)
    const throughGate = (gate: BudgetGate, by: GroupPath) => <A>(work: Effect.Effect<A, FetchError>) =>
      gate.pass(work, { path: by, withinMs: request.limits.attemptMs, wait: waitFor(request) })
    const inTurn = <A>(work: Effect.Effect<A, FetchError>) => takeTurn(everything, account, request, work)

    const found = find === undefined
      ? Effect.succeed(get(request))
      : throughGate(lookUps(site, now), path)(inTurn(find(request)))
    return yield* found.pipe(
      Effect.flatMap((asking) => throughGate(sites(site, now), path)(inTurn(asking))),
      throughGate(sources(request.sourceDomain, now), [account, request.sourceDomain])
    )
  })
}

/**
 * The groups of a request, the widest first: domains with earlier material and those without, so invented domains never
 * take more than half; then the callers, which the operator knows; then the sites of the source domains, which cost
 * money; then the source domains.
 */
const pathOf = ({ hadMaterial, sourceDomain }: FetchRequest, account: string): GroupPath => [
  hadMaterial ? "had material" : "",
  account,
  siteOf(sourceDomain),
  sourceDomain
]

/** Waits for a turn and marks the request as waiting; a shed request fails with `RateLimitedLocally`. */
const waitFor =
  (request: FetchRequest) => (turn: Effect.Effect<void, BudgetGateError>): Effect.Effect<void, FetchError> =>
    waitingFor(request, "RateLimitedLocally", turn).pipe(
      Effect.catch(({ retryAfterMs }) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.fail(
            new FetchError({ code: "RateLimitedLocally", retryAfterMs, trace: { startedAt: now, endedAt: now } })
          ))
      )
    )

/**
 * Sets the reason of waiting (see {@link FetchRequest.waiting}). An interruption keeps it: it is the reason why the
 * attempt timed out.
 */
const waitingFor = <A, E>(request: FetchRequest, code: Waiting["code"] & string, wait: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    request.waiting.code = code
    return wait
  }).pipe(Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : notWaiting(request)))

const notWaiting = (request: FetchRequest) => Effect.sync(() => delete request.waiting.code)

/** Runs with a permit: at once if one is free, else when it is the account's turn. */
const takeTurn = <A>(
  permits: PartitionedSemaphore.PartitionedSemaphore<string>,
  account: string,
  request: FetchRequest,
  work: Effect.Effect<A, FetchError>
): Effect.Effect<A, FetchError> =>
  Effect.flatMap(
    permits.withPermitsIfAvailable(1)(work),
    Option.match({
      onSome: Effect.succeed,
      onNone: () =>
        waitingFor(
          request,
          "ResolverOverloaded",
          permits.withPermit(account)(Effect.andThen(notWaiting(request), work))
        )
    })
  )

/**
 * Gates by key. Idle gates are swept when their number has doubled, so the rate of a flood of keys bounds the memory.
 */
const makeGates = (concurrent: number, perMinute: number) => {
  const gates = new Map<string, BudgetGate>()
  let sweepAt = 1_024
  return (key: string, now: number): BudgetGate => {
    const known = gates.get(key)
    if (known !== undefined) return known
    if (gates.size >= sweepAt) {
      for (const [name, gate] of gates) if (gate.isIdle(now)) gates.delete(name)
      sweepAt = Math.max(1_024, gates.size * 2)
    }
    const gate = makeBudgetGate(concurrent, perMinute)
    gates.set(key, gate)
    return gate
  }
}
