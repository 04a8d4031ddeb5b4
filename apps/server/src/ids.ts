/**
 * Names of decisions: UUIDs that sort by time (RFC 9562 §5.7).
 */
import { randomFillSync } from "node:crypto"
import { v7 } from "uuid"

const octets = 16
const pool = new Uint8Array(octets * 256)
let used = pool.length

/** A new name. Random octets are drawn many at a time, because drawing them costs more than all else here. */
export const makeId = (now: number): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += octets
  return v7({ msecs: now, random: pool.subarray(used - octets, used) })
}
