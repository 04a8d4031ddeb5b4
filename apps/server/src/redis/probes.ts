/**
 * Every command that a replica sends, in a form that changes nothing: what Redis refuses is known before the first
 * question needs it. PUBLISH and SUBSCRIBE are probed by the channel of changes.
 */
import { hash } from "node:crypto"
import type { Argument } from "./Command.ts"

export type Probe = readonly [command: string, ...args: ReadonlyArray<Argument>]

/** `XX`: only what exists is changed, and nothing exists at the key of a probe. */
export const makeProbes = (prefix: string): ReadonlyArray<Probe> => {
  const key = `${prefix}v1:probe`
  return [
    ["PING"],
    ["INFO", "server"],
    ["GET", key],
    ["MGET", key],
    ["SET", key, "1", "XX", "PX", 1],
    ["DEL", key],
    ["TIME"],
    ["EXISTS", key],
    ["PTTL", key],
    ["PEXPIRE", key, 1],
    ["ZADD", key, "XX", 0, "probe"],
    ["ZREM", key, "probe"],
    ["ZRANGE", key, 0, 0],
    ["ZREMRANGEBYSCORE", key, 0, 0],
    ["ZSCAN", key, 0],
    ["EVAL", script, 1, key],
    ["EVALSHA", hash("sha1", script), 1, key]
  ]
}

const script = "return redis.call('set', KEYS[1], '1', 'XX', 'PX', 1)"
