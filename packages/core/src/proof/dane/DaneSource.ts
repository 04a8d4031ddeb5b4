/**
 * What DNS says of services, remembered for as long as it may be, and asked for once however many questions wait.
 */
import { Clock, Effect, Option, type Scope } from "effect"
import { LRUCache } from "lru-cache"
import { type Flight, makeFlights } from "../../cache/Flights.ts"
import { daneLimits } from "../../Limits.ts"
import type { Policy } from "../../Policy.ts"
import { CallerBudget } from "../../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import { type Stamp, stampOf, timeSince } from "../../question/Stamp.ts"
import type { Target } from "../../question/Target.ts"
import type { ServiceLookup } from "./DaneLookup.ts"
import { lookupService } from "./lookupService.ts"
import { SecureResolver } from "./SecureResolver.ts"

export interface DaneSource {
  /** What is remembered; `undefined` if DNS has to be asked. */
  readonly recall: (target: Target, now: Stamp) => ServiceLookup | undefined
  /**
   * Remembers first, unless `refresh`; then asks, which takes a resolution from the budget of the caller (POSH-SEC-12). Never
   * fails: over the budget, it is as if there were no answer.
   */
  readonly lookup: (target: Target, deadline: Deadline, refresh: boolean) => Effect.Effect<ServiceLookup>
}

/** `undefined` without a resolver that validates. */
export const makeDaneSource = (policy: Policy): Effect.Effect<DaneSource | undefined, never, Scope.Scope> =>
  Effect.gen(function*() {
    const resolver = Option.getOrUndefined(yield* Effect.serviceOption(SecureResolver))
    if (resolver === undefined) return undefined
    const clock = yield* Clock.Clock
    const lost = (): ServiceLookup => ({ resolvedAt: clock.currentTimeMillisUnsafe(), ttl: 0, ...late })
    const flights = yield* makeFlights<ServiceLookup>(lost)
    const memory = new LRUCache<string, LookupEntry>({
      max: daneLimits.services,
      maxSize: daneLimits.octets,
      sizeCalculation: ({ lookup }) => octetsOf(lookup)
    })

    const recall = ({ keys }: Target, now: Stamp): ServiceLookup | undefined => {
      const known = memory.get(keys.rfc7711.text)
      if (known === undefined) return undefined
      // POSH-CAC-35: a wall clock that was set back makes nothing younger.
      const at = timeSince(known.asked, now)
      if (at >= known.until) return undefined
      const { lookup } = known
      return at === now.wallMs ? lookup : { ...lookup, resolvedAt: lookup.resolvedAt - (at - now.wallMs) }
    }

    const ask = ({ domain, keys, service }: Target) => (flight: Flight<ServiceLookup>) =>
      lookupService({ domain, service, domainPolicy: policy, deadline: { ms: daneLimits.lookupMs } }).pipe(
        Effect.provideService(SecureResolver, resolver),
        Effect.tap((lookup) =>
          Effect.sync(() => {
            if (flight.discarded) return
            memory.set(keys.rfc7711.text, { lookup, asked: flight.began, until: endOf(lookup) })
          })
        )
      )

    return {
      recall,
      lookup: Effect.fnUntraced(function*(target, deadline, refresh) {
        const known = refresh ? undefined : recall(target, stampOf(clock))
        if (known !== undefined) return known
        const { take } = yield* CallerBudget
        if (!flights.isUnderWay(target.keys.rfc7711.text) && take() !== undefined) return lost()
        const ms = yield* remainingMs(deadline)
        const { outcome } = yield* flights.join(target.keys.rfc7711.text, ask(target), { ms, onLate: lost })
        return outcome
      })
    }
  })

interface LookupEntry {
  readonly lookup: ServiceLookup
  readonly asked: Stamp
  readonly until: number
}

/** About what it takes: whoever owns a zone decides how many records there are, and how long they are. */
const octetsOf = (lookup: ServiceLookup): number =>
  lookup.kind !== "endpoints" ? 512 : lookup.endpoints.reduce(
    (sum, endpoint) =>
      sum + 512 +
      (endpoint.kind === "records" ? endpoint.records.reduce((octets, { data }) => octets + 256 + data.length, 0) : 0),
    512
  )

/** No answer in time is no answer (POSH-PRF-22). */
const late = {
  kind: "untrusted",
  step: "srv",
  status: "indeterminate",
  detail: "there was no answer before the deadline"
} as const

/** What cannot be trusted is asked for again soon, so that a resolver that stumbled closes nobody out for long. */
export const endOf = (lookup: ServiceLookup): number => {
  const parts = lookup.kind === "endpoints" ? [lookup, ...lookup.endpoints] : [lookup]
  const seconds = parts.map(({ ttl, ...part }) =>
    "kind" in part && part.kind === "untrusted" ? daneLimits.untrustedSeconds : ttl
  )
  return lookup.resolvedAt + Math.min(...seconds) * 1_000
}
