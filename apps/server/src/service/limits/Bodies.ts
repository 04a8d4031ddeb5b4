/**
 * Octets of larger bodies that are being received and answered, in all and of one caller. Who announces a body has its
 * place until the answer is out, so nobody's batch fails half way for want of memory.
 */
import { callerBounds } from "./bounds.ts"

export interface Bodies {
  /** `undefined` where there is no place; else what gives it up. */
  readonly reserve: (account: string, octets: number) => (() => void) | undefined
}

export const makeBodies = (
  { all, one }: { readonly all: number; readonly one: number } = {
    all: callerBounds.bodies,
    one: callerBounds.bodiesOfOne
  }
): Bodies => {
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
    }
  }
}
