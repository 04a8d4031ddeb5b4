/**
 * The simulated Redis as one replica sees it: as `RedisStore` and `replay` of the service, with the same rule for each
 * failure. What could not be written is pending, and is written when Redis is back.
 */
import type { Association } from "@posh/core"
import {
  comparePositions,
  type FarStore,
  type Inventory,
  type InventoryQuery,
  nothingPending,
  type Position,
  type Purge,
  type StoreKey
} from "@posh/core/cache"
import { Effect } from "effect"
import type { Timers } from "../time/VirtualTime.ts"
import type { Operation } from "./commands.ts"
import type { SimulatedRedis } from "./SimulatedRedis.ts"

export interface SimulatedFar extends FarStore {
  readonly hasPending: () => boolean
  /** Writes what is pending, and returns the keys of which other replicas may have read a stale entry. */
  readonly replay: (findLocal: (key: StoreKey) => Association | undefined) => ReadonlyArray<StoreKey>
}

interface Pending {
  readonly key: StoreKey
  readonly kind: "replacement" | "removal" | "purge"
  readonly fetchedAt: number
}

/** Writes in one replay. */
const maxReplayed = 1_000

export const makeFar = (redis: SimulatedRedis, time: Timers): SimulatedFar => {
  const pending = new Map<string, Pending>()
  const asOf = () => Math.floor(time.now())

  /** After the latency of its commands, if Redis is up. `undefined`: it is not. */
  const use = <A>(operation: Operation, run: () => A): Effect.Effect<A | undefined> =>
    Effect.callback((resume) => {
      if (!redis.isUp()) return resume(Effect.succeed(undefined))
      redis.count(operation)
      time.at(time.now() + redis.latencyMs, () => resume(Effect.succeed(redis.isUp() ? run() : undefined)))
    })

  /** A change that makes the entry in Redis stale, even if it does not reach Redis. */
  const supersede = (operation: Operation, change: Pending, run: () => boolean): Effect.Effect<boolean> =>
    Effect.map(use(operation, run), (written) => {
      if (written !== undefined) {
        if (written) pending.delete(change.key.text)
        return written
      }
      if (pending.get(change.key.text)?.kind !== "purge") pending.set(change.key.text, change)
      return true
    })

  const get = (key: StoreKey) =>
    Effect.map(
      use("read", () => {
        const owed = pending.get(key.text)
        if (owed !== undefined) remove(owed)
        return redis.read(key)
      }),
      (found) => ({ tier: "redis" as const, asOf: asOf(), ...(found ?? { away: true }) })
    )

  /** Removes what a pending write makes stale, unless another replica has written something newer. */
  const remove = ({ fetchedAt, key, kind }: Pending): void => {
    const isNewer = (redis.read(key).association?.lifetime.fetchedAt ?? 0) > fetchedAt
    if (kind === "purge") redis.forget(key)
    else if (kind === "removal" || !isNewer) redis.removeAssociation(key, undefined, kind === "removal")
    redis.count(kind === "replacement" ? "putNegative" : "forget")
    pending.delete(key.text)
  }

  const replay = (findLocal: (key: StoreKey) => Association | undefined): ReadonlyArray<StoreKey> => {
    if (!redis.isUp() || pending.size === 0) return []
    return [...pending.values()].slice(0, maxReplayed).map((owed) => {
      const local = owed.kind === "replacement" ? findLocal(owed.key) : undefined
      const isOurs = local !== undefined && local.lifetime.fetchedAt === owed.fetchedAt
      if (isOurs) redis.count("putAssociation")
      if (isOurs && redis.putAssociation(owed.key, local, -1)) pending.delete(owed.key.text)
      else remove(owed)
      return owed.key
    })
  }

  return {
    hasPending: () => pending.size > 0,
    replay,
    get,
    recall: () => undefined,
    getShared: get,
    putAssociation: (key, association, permit) =>
      supersede(
        "putAssociation",
        { key, kind: "replacement", fetchedAt: association.lifetime.fetchedAt },
        () => redis.putAssociation(key, association, permit?.fence)
      ),
    putNegative: (key, negative, permit) =>
      Effect.map(
        use("putNegative", () => redis.putNegative(key, negative, permit?.fence)),
        (written) => written ?? true
      ),
    withdraw: (key, negative, permit) =>
      supersede("withdraw", { key, kind: "removal", fetchedAt: 0 }, () => {
        const hadOne = redis.read(key).association !== undefined
        if (!redis.removeAssociation(key, permit?.fence, true)) return false
        if (hadOne) redis.count("drop")
        return redis.putNegative(key, negative, permit?.fence)
      }),
    forget: (key) =>
      supersede("forget", { key, kind: "purge", fetchedAt: 0 }, () => {
        redis.forget(key)
        return true
      }).pipe(Effect.map((): Purge => pending.has(key.text) ? { pending: ["store", "announcement"] } : nothingPending)),
    inventory: (query) => Effect.sync(() => toInventory(redis.everything(), query)),
    era: use("readEra", redis.era),
    isRemoved: (key) => use("isRemoved", () => redis.isRemoved(key)),
    isWritePending: (key) => pending.has(key.text)
  }
}

const toInventory = (
  associations: ReadonlyArray<Association>,
  { cursor, expiresBefore = Number.POSITIVE_INFINITY, limit }: InventoryQuery
): Inventory => {
  const placed = associations
    .map((association) => ({ association, ...positionOf(association) }))
    .filter((one) => one.expiresAt < expiresBefore && (cursor === undefined || comparePositions(one, cursor) > 0))
    .sort(comparePositions)
  const page = placed.slice(0, limit)
  const last = page.at(-1)
  return {
    associations: page.map(({ association }) => association),
    ...(placed.length > limit && last !== undefined ? { cursor: { expiresAt: last.expiresAt, key: last.key } } : {})
  }
}

const positionOf = ({ domain, generation, lifetime, service }: Association): Position => ({
  expiresAt: lifetime.expiresAt,
  key: `${domain}:${service}:${generation}`
})
