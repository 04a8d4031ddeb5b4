/**
 * Names of decisions: UUIDs that sort by time (RFC 9562 §5.7), and within a millisecond by the order of naming.
 */
import { randomFillSync } from "node:crypto"
import { v7 } from "uuid"

const octets = 16
const pool = new Uint8Array(octets * 256)
let used = pool.length
let sequence = 0
let latest = 0

/** A new name. Random octets are drawn many at a time, because drawing them costs more than all else here. */
export const makeId = (now: number): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += octets
  const random = pool.subarray(used - octets, used)
  // A new millisecond starts anywhere in the lower half, so that there is room to count on.
  sequence = now > latest ? new DataView(pool.buffer).getUint32(used - octets) >>> 1 : (sequence + 1) >>> 0
  latest = Math.max(latest, now)
  return v7({ msecs: now, seq: sequence, random })
}
