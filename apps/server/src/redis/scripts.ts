/**
 * Scripts that run atomically. All keys of a script share a hash tag, so a cluster holds them in one slot. Values under
 * them are untrusted: garbage counts as absent.
 *
 * Fencing: a replica that asks an origin for the fleet, or forgets a key, takes the next fencing token of the key. A
 * write succeeds only with the latest token. So a late write cannot restore an entry that another replica replaced or
 * forgot.
 */
import { Effect } from "effect"
import { hash } from "node:crypto"
import type { RedisClient } from "./Client.ts"
import type { Argument, Reply } from "./Command.ts"
import type { RedisError } from "./RedisError.ts"

export type Script = (
  client: RedisClient,
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, RedisError>

/** TTL of a fence, milliseconds. No attempt runs for so long (POSH-RES-91: 12 s), so older tokens are of no use. */
export const fenceMs = 60_000

/**
 * TTL of a tombstone: milliseconds for which the fence of a key outlives the removal of its association. A replica that
 * missed the change message finds out in this time that its entry was removed. Default maximum lifetime of material
 * (POSH-CAC-11).
 */
export const tombstoneMs = 7 * 24 * 3_600_000

/** Permits that do not come from Redis. */
export const permits = {
  /** For an attempt that began while Redis was away: valid unless a token was taken within the TTL of a fence. */
  withoutLease: 0,
  /** For the replay of a write after an outage: valid only if Redis holds no token at all. */
  afterOutage: -1
} as const

const toScript = (text: string): Script => {
  const digest = hash("sha1", text)
  return (client, keys, args) => {
    const rest = [keys.length, ...keys, ...args]
    // A restart of Redis empties its script cache.
    return Effect.catchIf(
      client.send("EVALSHA", digest, ...rest),
      ({ word }) => word === "NOSCRIPT",
      () => client.send("EVAL", text, ...rest)
    )
  }
}

/** `last`: the latest token. `KEYS[1]` is the fence. */
const readFence = `
local last = redis.pcall('get', KEYS[1])
last = type(last) == 'string' and last:match('^%d+$') and tonumber(last) or 0
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
`

/**
 * Under `volatile-lfu` eviction, fences and flights must outlive all entries: without them there is no single flight
 * and no write. Each read counts as a use; each replica reads an entry once.
 */
const protect = `
local function protect(key)
  for _ = 1, 32 do redis.pcall('get', key) end
end
`

/**
 * `takeFence(ms)`: takes the next token. Tokens follow the clock, in microseconds, so they grow even if Redis lost the
 * latest one. A token from the far future is garbage. The TTL of a tombstone is kept.
 */
const nextFence = `${readFence}${protect}
local function takeFence(ms)
  if last > now + 3600000000 then last = 0 end
  local fence = math.max(last + 1, now)
  local left = math.min(redis.call('pttl', KEYS[1]), ${tombstoneMs})
  redis.call('set', KEYS[1], fence, 'PX', math.max(left, ms))
  protect(KEYS[1])
  return fence
end
`

/**
 * Keys: fence, flight. Argument: lease time in milliseconds. Returns the token of the new lease, or nil if the lease is
 * held. A flight with a TTL above the lease time was not written by this service, and does not count.
 */
export const acquireLease = toScript(`
local left = redis.call('pttl', KEYS[2])
if left > 0 and left <= tonumber(ARGV[1]) then return false end
${nextFence}
local fence = takeFence(${fenceMs})
redis.call('set', KEYS[2], fence, 'PX', ARGV[1])
protect(KEYS[2])
return fence
`)

/** Key: flight. Arguments: token, lease time in milliseconds. Returns 0 if the lease is lost. */
export const renewLease = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])
`)

/** Key: flight. Argument: token. */
export const releaseLease = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])
`)

/** Returns 0 if the token, the first argument, is stale. */
const rejectStale = `${readFence}
local permit = tonumber(ARGV[1])
if permit == ${permits.withoutLease} then
  if last > now - ${fenceMs * 1_000} then return 0 end
elseif permit == ${permits.afterOutage} then
  if last ~= 0 then return 0 end
elseif permit and last ~= permit then
  return 0
end
`

const tombstone = `
local function leaveTombstone()
  if redis.call('pexpire', KEYS[1], ${tombstoneMs}) == 1 then return end
  redis.pcall('set', KEYS[1], now, 'PX', ${tombstoneMs}) -- which a full Redis refuses
end
`

/** In place of a value: deletes a replaced entry without a tombstone. */
export const noTombstone = "no-tombstone"

/**
 * Keys: fence, the key to write, keys to delete. Arguments: token or empty, value and its end; without a value the
 * first key is deleted too. A deletion leaves a tombstone: the fence. Returns 0 if the token is stale: a greater token
 * was taken, or Redis no longer holds the token (it restarted or evicted it), so it cannot tell.
 */
export const fencedWrite = toScript(`${rejectStale}${tombstone}
if ARGV[3] then
  redis.call('set', KEYS[2], ARGV[2], 'PXAT', ARGV[3])
elseif redis.call('del', KEYS[2]) == 1 and ARGV[2] ~= '${noTombstone}' then
  leaveTombstone()
end
if KEYS[3] then redis.call('del', KEYS[3]) end
return 1
`)

/**
 * Keys: fence, the key to write. Arguments: token or empty, value and milliseconds for which it is kept. By duration, because
 * what ends within minutes must not depend on the clock of who writes. Returns 0 if the token is stale.
 */
export const fencedTimedWrite = toScript(`${rejectStale}
redis.call('set', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** The value of a key and the milliseconds that are left of it, at one moment. */
export const readTimed = toScript(`return { redis.call('get', KEYS[1]), redis.call('pttl', KEYS[1]) }`)

/**
 * Keys: fence, association, negative entry. Arguments: token or empty, the negative entry and its end. Deletes the
 * association, with a tombstone, and writes the negative entry. Returns 2 if there was an association, 1 if there was
 * none, 0 if the token is stale. The entry is written first, because a full Redis takes any write after a deletion: it
 * would grow by what attackers ask about. If it is refused, the association goes nevertheless, and the refusal is returned.
 */
export const fencedWithdrawal = toScript(`${rejectStale}${tombstone}
local kept = redis.pcall('set', KEYS[3], ARGV[2], 'PXAT', ARGV[3])
local gone = redis.call('del', KEYS[2])
if gone == 1 then leaveTombstone() end
if kept.err then return kept end
return 1 + gone
`)

/**
 * Keys: fence, association, other keys to delete. Deletes first, because a full Redis takes no token before it has
 * freed memory. Argument `1`: leave a tombstone even if there was no association.
 */
export const forgetKey = toScript(`
local gone = redis.call('del', KEYS[2])
redis.call('del', unpack(KEYS, 3))
${nextFence}
takeFence((ARGV[1] == '1' or gone == 1) and ${tombstoneMs} or ${fenceMs})
return 1
`)
