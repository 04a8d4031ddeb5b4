/**
 * What is spent on strangers' servers, as a decorator over {@link Fetcher} (POSH-SEC-12): concurrency and requests a
 * minute for each source domain and for each target host, and a bound on everything at once. All of it is counted by this
 * process alone.
 *
 * Hosts count by their site: with a wildcard in DNS, one server has as many names as somebody cares to invent, each of
 * them a source domain and a host of its own.
 *
 * **Details**
 *
 * Who causes requests is for strangers to choose, so no budget is first come, first served: those who cause them take
 * turns, and a flood waits behind itself (see `pathOf`). A site's web servers are charged for requests to them alone:
 * names are looked up before, under a budget of their own, and what has no address costs the site nothing else.
 *
 * A request waits for its turn; how long is the attempt's decision, which reads in `waiting` what for. Where there is no
 * place, it fails at once, with the time after which there would be one.
 */
import { Clock, Effect, Exit, Option, PartitionedSemaphore } from "effect"
import type { BudgetLimits } from "../Limits.ts"
import { CallerBudget } from "../question/CallerBudget.ts"
import { monotonicMs } from "../question/Stamp.ts"
import type { Path } from "./FairQueue.ts"
import { type Fetcher, FetchError, type FetchRequest, type Waiting } from "./Fetcher.ts"
import { type Gate, type GateError, makeGate } from "./Gate.ts"
import { siteOf } from "./Site.ts"

type Get = Fetcher["Service"]["get"]

export const withBudgets = ({ find, get }: Fetcher["Service"], limits: BudgetLimits): Get => {
  const sources = makeGates(limits.perSourceConcurrent, limits.perSourcePerMinute)
  const lookUps = makeGates(limits.perHostLookUpsConcurrent, limits.perHostLookUpsPerMinute)
  const sites = makeGates(limits.perHostConcurrent, limits.perHostPerMinute)
  // One caller with a thousand questions to slow domains must not keep another from asking one.
  const everything = PartitionedSemaphore.makeUnsafe<string>({ permits: limits.inFlight })

  return Effect.fnUntraced(function*(request) {
    const now = yield* monotonicMs
    const { account } = yield* CallerBudget
    const site = siteOf(request.target.host)
    const path = pathOf(request, account)
    const throughGate = (gate: Gate, by: Path) => <A>(work: Effect.Effect<A, FetchError>) =>
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
 * Whose turn it is, the widest group first: domains that had material before, and those that never had, so that made-up
 * ones never have more than half; then the callers, whom the operator knows; then the sites of the source domains, which
 * cost money; then the source domains.
 */
const pathOf = ({ hadMaterial, sourceDomain }: FetchRequest, account: string): Path => [
  hadMaterial ? "had material" : "",
  account,
  siteOf(sourceDomain),
  sourceDomain
]

/** Waits for a turn, and says so; a refusal is the request's failure. */
const waitFor = (request: FetchRequest) => (turn: Effect.Effect<void, GateError>): Effect.Effect<void, FetchError> =>
  waitingFor(request, "RateLimitedLocally", turn).pipe(
    Effect.catch(({ retryAfterMs }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.fail(
          new FetchError({ code: "RateLimitedLocally", retryAfterMs, trace: { startedAt: now, endedAt: now } })
        ))
    )
  )

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

/** Runs with a permit: at once where one is free, else when it is the account's turn. */
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
