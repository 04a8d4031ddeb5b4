/**
 * What a Redis that a fleet shares holds, and the operations of the service's scripts on it (apps/server/src/redis/scripts.ts):
 * entries until their end, leases, fencing tokens, the era. It may be down, and may come back empty.
 *
 * NOT SIMULATED: eviction, sealing, a cluster, a Redis that is slow or refuses commands, members of the index that dangle.
 */
import type { Association } from "@posh/core"
import {
  type CacheKey,
  encodeAssociation,
  encodeNegative,
  type NegativeEntry,
  type StoreKey,
  usableUntil
} from "@posh/core/cache"
import type { Timers } from "../time/VirtualTime.ts"
import { noOperations, type Operation, type OperationCounts } from "./commands.ts"

/** Values of a key; each has its own end. */
export interface Values {
  readonly association?: Timed<Association>
  readonly negative?: Timed<NegativeEntry>
}

interface Timed<A> {
  readonly value: A
  readonly until: number
  /** Of key and value. */
  readonly octets: number
}

export interface Fence {
  readonly token: number
  readonly until: number
}

export interface Listener {
  readonly changed: (keyText: string) => void
  readonly lost: () => void
  readonly back: () => void
}

export interface RedisSize {
  readonly keys: number
  readonly associations: number
  readonly octets: number
}

export type SimulatedRedis = ReturnType<typeof makeSimulatedRedis>

const fenceMs = 60_000
const leaseMs = 2_000
const tombstoneMs = 7 * 24 * 3_600_000
const negativeRetentionMs = 900_000

export const makeSimulatedRedis = (time: Timers, latencyMs: number) => {
  const values = new Map<string, Values>()
  const leases = new Map<string, Fence>()
  const fences = new Map<string, Fence>()
  const listeners = new Map<number, Set<Listener>>()
  const counts: OperationCounts = noOperations()
  const state = { isUp: true, era: 1, messages: 0 }
  const { now } = time

  const live = <A extends { readonly until: number }>(timed: A | undefined): A | undefined =>
    timed !== undefined && now() < timed.until ? timed : undefined
  const tokenOf = (keyText: string): number => live(fences.get(keyText))?.token ?? 0
  const takeToken = (keyText: string, ms: number): number => {
    const left = (live(fences.get(keyText))?.until ?? 0) - now()
    const token = Math.max(tokenOf(keyText) + 1, Math.floor(now() * 1_000))
    fences.set(keyText, { token, until: now() + Math.max(left, ms) })
    return token
  }
  /** May a write with this permit change the key? */
  const admits = (keyText: string, permit: number | undefined): boolean => {
    if (permit === undefined) return true
    const token = tokenOf(keyText)
    if (permit === 0) return token <= (now() - fenceMs) * 1_000
    return permit === -1 ? token === 0 : token === permit
  }
  const change = (keyText: string, values_: Values) => {
    if (values_.association === undefined && values_.negative === undefined) values.delete(keyText)
    else values.set(keyText, values_)
  }
  const without = ({ text }: StoreKey, what: keyof Values): Values => {
    const { [what]: _, ...rest } = values.get(text) ?? {}
    return rest
  }

  return {
    counts,
    messages: () => state.messages,
    isUp: () => state.isUp,
    era: () => String(state.era),
    latencyMs,
    count: (operation: Operation, times = 1): void => {
      counts[operation] += times
    },
    read: ({ text }: StoreKey): { readonly association?: Association; readonly negative?: NegativeEntry } => {
      const found = values.get(text)
      const association = live(found?.association)
      const negative = live(found?.negative)
      return {
        ...(association === undefined ? {} : { association: association.value }),
        ...(negative === undefined ? {} : { negative: negative.value })
      }
    },
    putAssociation: (key: StoreKey, association: Association, permit: number | undefined): boolean => {
      if (!admits(key.text, permit)) return false
      const until = Math.floor(usableUntil(association.lifetime))
      const octets = 2 * (prefixOctets + key.text.length) + encodeAssociation(association).length
      change(key.text, until > now() ? { association: { value: association, until, octets } } : {})
      return true
    },
    putNegative: (key: StoreKey, negative: NegativeEntry, permit: number | undefined): boolean => {
      if (!admits(key.text, permit)) return false
      const octets = prefixOctets + key.text.length + encodeNegative(negative, key).length
      const until = Math.floor(negative.until) + negativeRetentionMs
      change(key.text, { ...without(key, "negative"), negative: { value: negative, until, octets } })
      return true
    },
    removeAssociation: (key: StoreKey, permit: number | undefined, leavesTombstone: boolean): boolean => {
      if (!admits(key.text, permit)) return false
      const existed = live(values.get(key.text)?.association) !== undefined
      change(key.text, without(key, "association"))
      if (existed && leavesTombstone) {
        fences.set(key.text, { token: tokenOf(key.text), until: now() + tombstoneMs })
      }
      return true
    },
    forget: ({ text }: StoreKey): void => {
      values.delete(text)
      leases.delete(text)
      takeToken(text, tombstoneMs)
    },
    isRemoved: ({ text }: StoreKey): boolean => (live(fences.get(text))?.until ?? 0) - now() > fenceMs,
    /** The token of a new lease; `undefined` if the lease is held. */
    acquire: ({ text }: CacheKey): number | undefined => {
      if (live(leases.get(text)) !== undefined) return undefined
      const token = takeToken(text, fenceMs)
      leases.set(text, { token, until: now() + leaseMs })
      return token
    },
    /** False if the lease is lost. */
    renew: ({ text }: CacheKey, token: number): boolean => {
      if (live(leases.get(text))?.token !== token) return false
      leases.set(text, { token, until: now() + leaseMs })
      return true
    },
    release: ({ text }: CacheKey, token: number): void => {
      if (leases.get(text)?.token === token) leases.delete(text)
    },
    isHeld: ({ text }: CacheKey): boolean => live(leases.get(text)) !== undefined,
    listen: (replica: number, listener: Listener): () => void => {
      const own = listeners.get(replica) ?? new Set()
      listeners.set(replica, own.add(listener))
      if (state.isUp) listener.back()
      return () => void own.delete(listener)
    },
    /** Tells all other replicas; it arrives after the latency. */
    publish: (replica: number, keyText: string): void => {
      state.messages += listeners.size
      time.at(now() + latencyMs, () => {
        if (!state.isUp) return
        for (const [other, set] of listeners) {
          if (other !== replica) { for (const listener of set) listener.changed(keyText) }
        }
      })
    },
    fail: (): void => {
      state.isUp = false
      for (const set of listeners.values()) for (const listener of set) listener.lost()
    },
    /** Comes back; each replica notices within a second. */
    recover: (losesData: boolean): void => {
      state.isUp = true
      if (losesData) {
        state.era += 1
        for (const table of [values, leases, fences]) table.clear()
      }
      for (const [replica, set] of listeners) {
        time.at(now() + 1_000 * ((replica * 0.618) % 1), () => {
          if (state.isUp) { for (const listener of set) listener.back() }
        })
      }
    },
    /** What is in it now. Forgets what has ended, as Redis does. */
    size: (): RedisSize => {
      const size = { keys: 0, associations: 0, octets: 0 }
      for (const [keyText, { association, negative }] of values) {
        const kept = { association: live(association), negative: live(negative) }
        if (kept.association === undefined && kept.negative === undefined) values.delete(keyText)
        size.associations += kept.association === undefined ? 0 : 1
        for (const timed of [kept.association, kept.negative]) {
          size.keys += timed === undefined ? 0 : 1
          size.octets += timed?.octets ?? 0
        }
      }
      for (const table of [leases, fences]) {
        for (const [keyText, fence] of table) if (live(fence) === undefined) table.delete(keyText)
      }
      size.keys += leases.size + fences.size
      return size
    },
    everything: (): ReadonlyArray<Association> =>
      [...values.values()].flatMap(({ association }) => live(association)?.value ?? [])
  }
}

/** Of `posh:v1:association:` and braces. */
const prefixOctets = 22
