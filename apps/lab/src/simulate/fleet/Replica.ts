/**
 * One replica: the verifier of the service with its memory, its tiers and its flights, over the simulated web and Redis.
 */
import { defaultPolicy, Fetcher, type Policy, Verifier } from "@posh/core"
import { AssociationStore, Fleet, makeMemoryStore, makeTieredStore } from "@posh/core/cache"
import { ResolutionObserver, type ResolutionObserverShape } from "@posh/core/serving"
import { Context, Effect, Exit, Layer, Random, Scope } from "effect"
import { makeChanges } from "../redis/changes.ts"
import { makeFar } from "../redis/far.ts"
import { makeLeads } from "../redis/leads.ts"
import type { SimulatedRedis } from "../redis/SimulatedRedis.ts"
import type { FleetOptions } from "../Scenario.ts"
import { type RunNow, runNowIn } from "../time/runNow.ts"
import type { VirtualTime } from "../time/VirtualTime.ts"

export interface ReplicaParts {
  readonly index: number
  readonly options: FleetOptions
  /** One domain in so many is simulated (see `Scenario.sample`). */
  readonly sample: number
  readonly time: VirtualTime
  readonly web: Fetcher["Service"]
  /** Absent: the memory of the replica is all there is. */
  readonly redis: SimulatedRedis | undefined
  readonly observer: Pick<ResolutionObserverShape, "refreshedAhead" | "led">
  readonly random: Random.Random
}

/** A process, from its start to its end. */
export interface Replica {
  readonly verifier: Verifier["Service"]
  readonly runNow: RunNow
  readonly runFork: ReturnType<typeof Effect.runForkWith<never>>
  readonly size: () => { readonly entries: number; readonly bytes: number; readonly evicted: number }
  /** Once a second: writes and announces what could not be written while Redis was down. */
  readonly repair: () => void
  readonly stop: () => void
}

export const startReplica = (parts: ReplicaParts): Replica => {
  const { options, random, redis, time, web } = parts
  const sizes: { of?: Parameters<ResolutionObserverShape["remembering"]>[0] } = {}
  const context = time.context.pipe(
    Context.add(Random.Random, random),
    Context.add(ResolutionObserver, {
      ...ignoring,
      ...parts.observer,
      remembering: (of) => {
        sizes.of = of
      }
    })
  )
  const runNow = runNowIn(time, context)
  const scope = runNow(Scope.make())
  const policy = toPolicy(options, parts.sample)
  const built = runNow(
    Scope.provide(scope)(Effect.gen(function*() {
      const near = yield* makeMemoryStore({ entries: policy.cacheEntries, octets: policy.cacheOctets })
      const shared = redis === undefined ? undefined : yield* share(parts, redis, near)
      const layer = Verifier.layerNoDeps(policy).pipe(
        Layer.provide(Layer.succeed(Fetcher, web)),
        Layer.provide(shared === undefined ? Layer.empty : Layer.succeed(Fleet, shared.leads)),
        Layer.provide(Layer.succeed(AssociationStore, shared?.store ?? near))
      )
      const verifier = Context.get(yield* Layer.buildWithScope(layer, scope), Verifier)
      return { verifier, repair: shared?.repair ?? Effect.void, hasPending: shared?.hasPending ?? (() => false) }
    }))
  )
  const runFork = Effect.runForkWith(context)
  return {
    verifier: built.verifier,
    runNow,
    runFork,
    size: () => ({
      entries: sizes.of?.entries() ?? 0,
      bytes: sizes.of?.bytes() ?? 0,
      evicted: sizes.of?.evicted() ?? 0
    }),
    repair: () => {
      if (built.hasPending()) runFork(built.repair)
    },
    stop: () => void runFork(Scope.close(scope, Exit.void))
  }
}

/** The two tiers, as `layerShared` of the service puts them together. */
const share = Effect.fnUntraced(function*(
  { index, time }: ReplicaParts,
  redis: SimulatedRedis,
  near: Effect.Success<ReturnType<typeof makeMemoryStore>>
) {
  const far = makeFar(redis, time)
  const changes = makeChanges(redis, time, index)
  const store = yield* makeTieredStore(near, far, changes)
  const leads = makeLeads(redis, time)
  yield* changes.listen({ changed: leads.changed, lost: () => undefined, back: leads.allChanged })
  const repair = Effect.suspend(() =>
    Effect.andThen(
      changes.announcePending,
      Effect.forEach(far.replay((key) => near.recall(key).association), changes.announce, { discard: true })
    )
  )
  return { store, leads, repair, hasPending: () => far.hasPending() || changes.hasPending() }
})

/**
 * The default policy. What many domains share is scaled to the sample of them, but not below what one of them needs: beyond
 * a sample of 20 the budgets of sites that serve many domains, and of the process, are too large.
 */
export const toPolicy = ({ cacheEntries }: FleetOptions, sample: number): Policy => {
  const { budgets, cacheOctets } = defaultPolicy
  const share = (limit: number, least = 1) => Math.max(least, Math.round(limit / sample))
  return {
    ...defaultPolicy,
    allowSpecialUse: true,
    cacheEntries: share(cacheEntries),
    cacheOctets: share(cacheOctets),
    budgets: {
      ...budgets,
      perHostConcurrent: share(budgets.perHostConcurrent, 2),
      perHostPerMinute: share(budgets.perHostPerMinute, 30),
      inFlight: share(budgets.inFlight, 16)
    }
  }
}

const nothing = () => undefined
const ignoring: ResolutionObserverShape = {
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
}
