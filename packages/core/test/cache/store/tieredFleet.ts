/** Replicas with one far store, each with its own memory. */
import { Effect } from "effect"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import type { AssociationStore, Permit } from "../../../src/cache/store/AssociationStore.ts"
import { makeMemoryStore } from "../../../src/cache/store/MemoryStore.ts"
import { type Changes, type FarStore, makeTieredStore } from "../../../src/cache/store/TieredStore.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { type CacheKey, makeKey } from "../../../src/question/StoreKey.ts"

export const key = makeKey("a.example" as Domain, "xmpp-server" as ServiceKey, "rfc7711")
export const association = (fetchedAt: number): Association => ({
  domain: key.domain,
  service: key.service,
  generation: "rfc7711",
  material: { _tag: "Fingerprints", descriptors: [{ index: 0, hashes: { "sha-256": new Uint8Array(32) } }] },
  lints: [],
  hops: [],
  delegation: "possession",
  delegatedDomain: key.domain,
  lifetime: { fetchedAt, revalidateAt: 60_000, graceUntil: 60_000, expiresAt: 60_000 }
})
export const negative = {
  error: new ResolveError({ code: "ConnectTimeout", hops: [] }),
  learnedAt: 0,
  until: 30_000,
  failures: 1,
  nothingPublished: false
}

type Listener = Parameters<Changes["listen"]>[0]

/** A fleet of replicas with a far store that can be away, and a channel that can be cut. */
export const makeFleet = Effect.fnUntraced(function*(count: number) {
  const far = yield* makeMemoryStore({ entries: 100, octets: 1e6 })
  const state = {
    away: false,
    reads: 0,
    fence: 0,
    meanwhile: Effect.void as Effect.Effect<unknown>,
    era: "first",
    removed: new Set<string>(),
    owed: new Set<string>()
  }
  const unlessAway = <A>(value: () => A) => Effect.sync(() => state.away ? undefined : value())
  const fenced = (permit: Permit | undefined, write: Effect.Effect<boolean>) =>
    Effect.flatMap(
      state.meanwhile,
      () => permit !== undefined && permit.fence < state.fence ? Effect.succeed(false) : write
    )
  const farStore: FarStore = {
    ...far,
    era: unlessAway(() => state.era),
    isRemoved: ({ text }) => unlessAway(() => state.removed.has(text)),
    isWritePending: ({ text }) => state.owed.has(text),
    get: (wanted) =>
      Effect.suspend(() => {
        state.reads += 1
        return Effect.map(far.get(wanted), (found) =>
          state.away ? { tier: "redis" as const, asOf: found.asOf, away: true } : { ...found, tier: "redis" as const })
      }),
    inventory: (query) => state.away ? Effect.succeed({ associations: [], partial: true }) : far.inventory(query),
    putAssociation: (wanted, found, permit) => fenced(permit, far.putAssociation(wanted, found)),
    withdraw: (wanted, found, permit) => fenced(permit, far.withdraw(wanted, found))
  }
  const listeners: Array<Listener> = []
  const replicas = yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (self) =>
      Effect.flatMap(makeMemoryStore({ entries: 100, octets: 1e6 }), (near) =>
        makeTieredStore(near, farStore, {
          announce: ({ text }: CacheKey) =>
            Effect.sync(() => {
              listeners.forEach((listener, index) => index === self ? undefined : listener.changed(text))
              return true
            }),
          listen: (listener) =>
            Effect.sync(() => {
              listeners[self] = listener
              listener.back()
            })
        }))
  )
  return { far, listeners, replicas, state }
})

export const fetchedAt = (store: AssociationStore["Service"]) =>
  Effect.map(store.get(key), ({ association: found, tier }) => [found?.lifetime.fetchedAt, tier])
