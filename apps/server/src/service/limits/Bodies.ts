/**
 * Limits the octets of large bodies in progress, in total and for one caller. A body is reserved before it is read and
 * released when the response ends, so a batch cannot run out of memory halfway.
 */
import { callerBounds, shareOf } from "./bounds.ts"

export interface Bodies {
  /** `undefined` if the limit is reached; otherwise the function that releases the octets. */
  readonly reserve: (account: string, octets: number) => (() => void) | undefined
  /** Reserved octets, of all accounts. */
  readonly total: () => number
}

export interface BodyBounds {
  /** Octets, of all callers. */
  readonly all: number
  /** Octets, of one caller. */
  readonly one: number
}

/** For each of so many workers. The largest batch must fit into any of them, so that of one caller is not divided. */
export const bodyBounds = (workers: number): BodyBounds => ({
  all: shareOf(callerBounds.bodies, workers, callerBounds.bodiesOfOne),
  one: callerBounds.bodiesOfOne
})

export const makeBodies = ({ all, one }: BodyBounds = bodyBounds(1)): Bodies => {
  const held = new Map<string, number>()
  let total = 0
  const change = (account: string, octets: number) => {
    total += octets
    const left = (held.get(account) ?? 0) + octets
    if (left === 0) held.delete(account)
    else held.set(account, left)
  }
  return {
    reserve: (account, octets) => {
      if (total + octets > all || (held.get(account) ?? 0) + octets > one) return undefined
      change(account, octets)
      return () => change(account, -octets)
    },
    total: () => total
  }
}
