/**
 * What DNS says of services, remembered for as long as it may be, and asked for once however many questions wait, in one
 * process or in a fleet (POSH-PRF-28).
 */
import { Clock, Effect, Option, type Scope } from "effect"
import { askOnce, type SharedRead } from "../../cache/askOnce.ts"
import { Fleet, type Lead } from "../../cache/Fleet.ts"
import { type Flight, makeFlights } from "../../cache/Flights.ts"
import { observeFleet, ResolutionObserver } from "../../cache/ResolutionObserver.ts"
import type { Purge } from "../../cache/store/AssociationStore.ts"
import { daneLimits } from "../../Limits.ts"
import type { Policy } from "../../Policy.ts"
import { CallerBudget } from "../../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import { currentStamp, type Stamp, stampOf } from "../../question/Stamp.ts"
import type { Target } from "../../question/Target.ts"
import type { ServiceLookup } from "./DaneLookup.ts"
import { type LookupCache, makeLookupCache } from "./LookupCache.ts"
import { lookupService } from "./lookupService.ts"
import { SecureResolver } from "./SecureResolver.ts"

export interface DaneSource {
  /** What memory knows; `undefined` if the shared store or DNS has to be asked. */
  readonly recall: (target: Target, now: Stamp) => ServiceLookup | undefined
  /**
   * Remembers first, unless `refresh`; then asks, which takes a resolution from the budget of the caller (POSH-SEC-12). Never
   * fails: over the budget, it is as if there were no answer.
   *
   * @param refresh ask DNS, and take nothing that was asked for before
   */
  readonly lookup: (target: Target, deadline: Deadline, refresh: boolean) => Effect.Effect<ServiceLookup>
  /** Purges what is remembered; look-ups under way are not stored. */
  readonly forget: (target: Target) => Effect.Effect<Purge>
}

/** The result of a flight. `dns`: it asked DNS itself. `nowhere`: it was too late, or lost. */
interface FlightLookup {
  readonly lookup: ServiceLookup
  readonly from: "dns" | "fleet" | "nowhere"
}

export interface Dane {
  /** `undefined` without a resolver that validates. */
  readonly source: DaneSource | undefined
  /** Without a resolver, too: others of the fleet may have one. */
  readonly forget: DaneSource["forget"]
  readonly inventory: LookupCache["inventory"]
}

export const makeDane = (policy: Policy): Effect.Effect<Dane, never, Scope.Scope> =>
  Effect.gen(function*() {
    const cache = yield* makeLookupCache(policy)
    const source = yield* makeDaneSource(policy, cache)
    if (source === undefined && policy.daneUsages !== undefined) {
      return yield* Effect.die(new TypeError("daneUsages: needs a SecureResolver beside the verifier"))
    }
    return { source, forget: source?.forget ?? (({ keys }) => cache.forget(keys.tlsa)), inventory: cache.inventory }
  })

const makeDaneSource = (
  policy: Policy,
  cache: LookupCache
): Effect.Effect<DaneSource | undefined, never, Scope.Scope> =>
  Effect.gen(function*() {
    const resolver = Option.getOrUndefined(yield* Effect.serviceOption(SecureResolver))
    if (resolver === undefined) return undefined
    const clock = yield* Clock.Clock
    const fleet = observeFleet(yield* Fleet, yield* ResolutionObserver)
    const lost = (): FlightLookup => ({
      lookup: { resolvedAt: clock.currentTimeMillisUnsafe(), ttl: 0, ...late },
      from: "nowhere"
    })
    const flights = yield* makeFlights<FlightLookup>(lost)

    const askDns = ({ domain, keys, service }: Target, flight: Flight<FlightLookup>) =>
      Effect.fnUntraced(function*({ permit }: Lead): Effect.fn.Return<FlightLookup> {
        const asked = yield* currentStamp
        const answer = yield* lookupService({
          domain,
          service,
          domainPolicy: policy,
          deadline: { ms: daneLimits.lookupMs }
        }).pipe(Effect.provideService(SecureResolver, resolver))
        // A resolver that hangs takes longer than its failure is remembered; there is no TTL in it that this could extend.
        const ended = yield* currentStamp
        const [lookup, known] = answer.kind === "untrusted"
          ? [{ ...answer, resolvedAt: ended.wallMs }, ended]
          : [answer, asked]
        if (!flight.discarded) yield* cache.put(keys.tlsa, lookup, { flight, known, permit })
        return { lookup, from: "dns" }
      })

    const fly = (target: Target, refresh: boolean) => (flight: Flight<FlightLookup>): Effect.Effect<FlightLookup> => {
      const key = target.keys.tlsa
      const read = Effect.map(cache.readShared(key), (lookup): SharedRead<FlightLookup> => ({
        shared: lookup === undefined ? undefined : { lookup, from: "fleet" }
      }))
      return askOnce({
        lead: Effect.suspend(() => fleet.lead(key, flight.discard)),
        // Whatever another process found, it may have asked before the question did.
        readShared: refresh ? Effect.succeed(nothing) : read,
        ask: askDns(target, flight)
      })
    }

    const remember = Effect.fnUntraced(function*({ keys: { tlsa } }: Target, deadline: Deadline) {
      const known = cache.recall(tlsa, stampOf(clock))
      if (known !== undefined || flights.isUnderWay(tlsa.text)) return known
      return yield* cache.read(tlsa, yield* remainingMs(deadline))
    })

    /** Waits for a flight, and starts one if there is none; of one that began before a refresh was asked for, for the next. */
    const ask = (target: Target, deadline: Deadline, refresh: boolean, asked: Stamp): Effect.Effect<ServiceLookup> =>
      Effect.gen(function*() {
        const { text } = target.keys.tlsa
        const { take } = yield* CallerBudget
        if (!flights.isUnderWay(text) && take() !== undefined) return lost().lookup
        const ms = yield* remainingMs(deadline)
        const { began, outcome: { from, lookup } } = yield* flights.join(text, fly(target, refresh), {
          ms,
          onLate: lost
        })
        const serves = !refresh || from === "nowhere" || (from === "dns" && began.monotonicMs >= asked.monotonicMs)
        return serves ? lookup : yield* ask(target, deadline, refresh, asked)
      })

    return {
      recall: ({ keys }, now) => cache.recall(keys.tlsa, now),
      lookup: Effect.fnUntraced(function*(target, deadline, refresh) {
        const asked = stampOf(clock)
        const known = refresh ? undefined : yield* remember(target, deadline)
        return known ?? (yield* ask(target, deadline, refresh, asked))
      }),
      forget: ({ keys: { tlsa } }) =>
        Effect.suspend(() => {
          flights.discard(tlsa.text)
          return cache.forget(tlsa)
        })
    }
  })

const nothing: SharedRead<FlightLookup> = { shared: undefined }

/** No answer in time is no answer (POSH-PRF-22). */
const late = {
  kind: "untrusted",
  step: "srv",
  status: "indeterminate",
  detail: "there was no answer before the deadline"
} as const
