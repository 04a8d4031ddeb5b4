/**
 * Scripts that run atomically. All keys of a script belong to one of our keys, so a cluster has them in one place. What
 * stands under them may be garbage; then it counts as nothing.
 *
 * Whoever asks an origin for the fleet, or forgets a key, takes the next number of the key's fence; a write goes through
 * only under the number that was taken last. So nobody brings back what others replaced or forgot, however late.
 */
import { Effect } from "effect"
import { hash } from "node:crypto"
import type { Argument, RedisClient, Reply } from "./Client.ts"
import type { RedisError } from "./RedisError.ts"

export type Script = (
  client: RedisClient,
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, RedisError>

/** Milliseconds. No attempt is under way for so long (POSH-RES-91: 12 s), so older numbers are of no use. */
export const fenceMs = 60_000

/**
 * Milliseconds for which the fence of a key outlives the removal of its association: so long may a replica hear nothing,
 * and still find out that what it remembers was taken away. The longest life of material by default (POSH-CAC-11).
 */
export const tombstoneMs = 7 * 24 * 3_600_000

/** Permits that Redis did not give. */
export const permits = {
  /** Of who could not ask Redis when it began: good unless a number was taken in the time that an attempt may take. */
  withoutLease: 0,
  /** Of who writes what it learnt in an outage: good unless any number is known. */
  afterOutage: -1
} as const

const toScript = (text: string): Script => {
  const digest = hash("sha1", text)
  return (client, keys, args) => {
    const rest = [keys.length, ...keys, ...args]
    // Redis forgets scripts when it restarts.
    return Effect.catchIf(
      client.send("EVALSHA", digest, ...rest),
      ({ word }) => word === "NOSCRIPT",
      () => client.send("EVAL", text, ...rest)
    )
  }
}

/** `last`: the number that was taken last. `KEYS[1]` is the fence. */
const readFence = `
local last = redis.pcall('get', KEYS[1])
last = type(last) == 'string' and last:match('^%d+$') and tonumber(last) or 0
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
`

/**
 * Where Redis evicts what is used least (`volatile-lfu`), fences and flights must outlive all entries: without them there
 * is no single flight and no write. Each read counts as a use, and an entry is read once by each replica.
 */
const protect = `
local function protect(key)
  for _ = 1, 32 do redis.pcall('get', key) end
end
`

/**
 * `takeFence(ms)`: takes the next number. It follows the clock, in microseconds, so that numbers also grow where Redis
 * lost the last one; a number from the far future is garbage. The time that it still has from a removal stays.
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
 * Fence and flight; milliseconds that a lead lasts. Answers the number of the new lead, or nothing where there is one. A
 * flight that would last longer than a lead was not written by us.
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

/** Flight; number of the lead, milliseconds. Answers 0 where the lead is lost. */
export const renewLease = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])
`)

/** Flight; number of the lead. */
export const releaseLease = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])
`)

/** In place of a value: what is deleted has been replaced, so that nobody has to know. */
export const noTombstone = "no-tombstone"

/**
 * Fence, the key to write, keys to delete; number of the permit or nothing, value and its end, or neither to delete that
 * key too. A deletion is known afterwards by the fence. Answers 0 where the permit is not good: a greater number was taken, or the number is not known any more, so
 * that nobody can tell (Redis was restarted, or had to evict it).
 */
export const fencedWrite = toScript(`${readFence}
local permit = tonumber(ARGV[1])
if permit == ${permits.withoutLease} then
  if last > now - ${fenceMs * 1_000} then return 0 end
elseif permit == ${permits.afterOutage} then
  if last ~= 0 then return 0 end
elseif permit and last ~= permit then
  return 0
end
if ARGV[3] then
  redis.call('set', KEYS[2], ARGV[2], 'PXAT', ARGV[3])
elseif redis.call('del', KEYS[2]) == 1 and ARGV[2] ~= '${noTombstone}' and redis.call('pexpire', KEYS[1], ${tombstoneMs}) == 0 then
  redis.pcall('set', KEYS[1], now, 'PX', ${tombstoneMs}) -- which a full Redis refuses
end
if KEYS[3] then redis.call('del', KEYS[3]) end
return 1
`)

/**
 * Fence, association, then what else is to go: first, because a full Redis takes no number before it has let something
 * go. `1` where the removal is to be known although there was no association.
 */
export const forgetKey = toScript(`
local gone = redis.call('del', KEYS[2])
redis.call('del', unpack(KEYS, 3))
${nextFence}
takeFence((ARGV[1] == '1' or gone == 1) and ${tombstoneMs} or ${fenceMs})
return 1
`)
