/**
 * Ids of decisions: UUIDv7 (RFC 9562 §5.7), monotonic within a millisecond.
 */
import { randomFillSync } from "node:crypto"
import { v7 } from "uuid"

const octets = 16
const pool = new Uint8Array(octets * 256)
let used = pool.length
let sequence = 0
let latest = 0

/** Draws random octets for 256 ids at a time: one call of the random generator is the expensive part. */
export const makeId = (now: number): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += octets
  const random = pool.subarray(used - octets, used)
  // A new millisecond starts in the lower half of the range, so that the counter does not overflow (RFC 9562 §6.2).
  sequence = now > latest ? new DataView(pool.buffer).getUint32(used - octets) >>> 1 : (sequence + 1) >>> 0
  latest = Math.max(latest, now)
  return v7({ msecs: now, seq: sequence, random })
}
