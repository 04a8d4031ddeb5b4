/**
 * What has to happen in Redis as a whole. All keys of a script belong to one of our keys, so a cluster has them in one
 * place. What stands under them may be garbage; then it counts as nothing.
 *
 * Whoever asks an origin for the fleet, or forgets a key, takes the next number of the key's fence; a write goes through
 * only if no greater number than its own was taken. So nobody brings back what others replaced or forgot, however late.
 */
import { Effect } from "effect"
import { hash } from "node:crypto"
import type { Argument, RedisClient, Reply } from "./Client.ts"
import type { RedisFault } from "./RedisFault.ts"

export type Script = (
  client: RedisClient,
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>
) => Effect.Effect<Reply, RedisFault>

/** Milliseconds. No attempt is under way for so long (POSH-RES-91: 12 s), so older numbers are of no use. */
export const fenceMs = 60_000

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
`

/**
 * `fence`: the next number. It follows the clock, in microseconds, so that numbers also grow where Redis lost the last
 * one; a number from the far future is garbage.
 */
const nextFence = `${readFence}
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
if last > now + 3600000000 then last = 0 end
local fence = math.max(last + 1, now)
redis.call('set', KEYS[1], fence, 'PX', ${fenceMs})
`

/**
 * Fence and flight; milliseconds that a lead lasts. Answers the number of the new lead, or nothing where there is one. A
 * flight that would last longer than a lead was not written by us.
 */
export const takeLead = toScript(`
local left = redis.call('pttl', KEYS[2])
if left > 0 and left <= tonumber(ARGV[1]) then return false end
${nextFence}
redis.call('set', KEYS[2], fence, 'PX', ARGV[1])
return fence
`)

/** Flight; number of the lead, milliseconds. Answers 0 where the lead is lost. */
export const renewLead = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])
`)

/** Flight; number of the lead. */
export const endLead = toScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])
`)

/**
 * Fence, the key to write, keys to delete; number of the permit or nothing, value and its end, or neither to delete that
 * key too. Answers 0 where a greater number was taken.
 */
export const writeUnderPermit = toScript(`${readFence}
if ARGV[1] ~= '' and last > tonumber(ARGV[1]) then return 0 end
if ARGV[2] then redis.call('set', KEYS[2], ARGV[2], 'PXAT', ARGV[3]) else redis.call('del', KEYS[2]) end
if KEYS[3] then redis.call('del', KEYS[3]) end
return 1
`)

/** Fence, then all that is to go: first, because a full Redis takes no number before it has let something go. */
export const forgetAll = toScript(`
redis.call('del', unpack(KEYS, 2))
${nextFence}
return 1
`)
