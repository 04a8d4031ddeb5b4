/**
 * The memory cache and Redis: where they are, and how large.
 */
import { parseSecrets, redisPrefix } from "../../redis/parsers.ts"
import { parseServers, redisModes } from "../../redis/Servers.ts"
import { duration, oneOf, optional, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const cache = {
  cacheEntries: variable("POSH_CACHE_ENTRIES", {
    fallback: "100000",
    values: "0 to 50000000 entries",
    meaning: "Bound of the memory cache. One entry is one domain, service and generation; " +
      "negative entries have a bound of the same size of their own. In any case entries fill at most a fifth of the heap of Node.js " +
      "(`--max-old-space-size`).",
    consequence:
      "More entries take more memory (about 1.5 KiB each; large documents more); with fewer, entries are evicted and fetched again " +
      "sooner. Each worker (`POSH_WORKERS`) has as many. `0`: every question queries Redis, and nothing is cached while Redis is unavailable; without `POSH_REDIS_URL` it stops the start.",
    parse: wholeNumber(0, 50_000_000)
  }),
  redisUrl: variable("POSH_REDIS_URL", {
    fallback: "",
    values:
      "`redis://user:password@host:port/database` or `rediss://…` for TLS, comma-separated where there are several; or " +
      "`unix://user:password@/path/of/socket?db=database`",
    meaning: "Redis (7.0 or later) that all replicas share as a cache.",
    consequence:
      "Unset, every replica has only its own cache. Percent-encode user and password. Sentinels: their URLs, with " +
      "`?name=` and the master group, and `&sentinelUser=`, `&sentinelPassword=` if they require credentials of their own. " +
      "A database that Redis refuses is never replaced by another: the service then works without Redis.",
    parse: optional(parseServers)
  }),
  redisMode: variable("POSH_REDIS_MODE", {
    fallback: "standalone",
    values: "`standalone`, `cluster`, `sentinel`",
    meaning: "What `POSH_REDIS_URL` names: one server, some nodes of a cluster, or some sentinels.",
    consequence: "A mode that does not fit the URLs stops the start.",
    parse: oneOf(redisModes)
  }),
  redisPrefix: variable("POSH_REDIS_PREFIX", {
    fallback: "posh:",
    values: "1 to 64 letters, digits and `:._/-`",
    meaning: "Prefix of the keys in Redis.",
    consequence: "Replicas with different prefixes share nothing.",
    parse: redisPrefix
  }),
  redisTimeout: variable("POSH_REDIS_TIMEOUT", {
    fallback: "100ms",
    values: "a duration from `10ms` to `5s`",
    meaning: "Time-out of one command to Redis.",
    consequence:
      "After a time-out, the service sends no command to Redis for 5 s (circuit breaker). Longer: questions wait longer for a slow Redis.",
    parse: duration("10ms", "5s")
  }),
  cacheSecret: variable("POSH_CACHE_SECRET", {
    fallback: "",
    values: "secrets of 32 characters or more, comma-separated",
    meaning: "Encrypts entries in Redis: the first secret encrypts, all of them decrypt.",
    consequence:
      "Unset, anyone who can write to Redis can forge answers. To rotate, put the new secret first and keep the old.",
    parse: optional(parseSecrets)
  })
} as const
