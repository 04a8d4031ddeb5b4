/**
 * Where the service remembers, and how much.
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
      "negative entries have the same bound of their own. Whatever it is, entries fill a fifth of the heap of Node.js at the most " +
      "(`--max-old-space-size`).",
    consequence:
      "More entries take more memory (about 1.5 KiB each; large documents more); fewer mean that domains are asked again " +
      "sooner. `0`: every question asks Redis, and while Redis is away nothing is remembered; without `POSH_REDIS_URL` it stops the start.",
    parse: wholeNumber(0, 50_000_000)
  }),
  redisUrl: variable("POSH_REDIS_URL", {
    fallback: "",
    values:
      "`redis://user:password@host:port/database` or `rediss://…` for TLS, comma-separated where there are several",
    meaning: "Redis (7.0 or later) that all replicas share what they learned in.",
    consequence:
      "Unset, every replica learns for itself. Percent-encode user and password. Sentinels: their URLs, with " +
      "`?name=` and the master group, and `&sentinelUser=`, `&sentinelPassword=` where they want their own. " +
      "`NODE_EXTRA_CA_CERTS` of Node.js adds roots for TLS.",
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
    meaning: "What the keys in Redis begin with.",
    consequence: "Replicas with another prefix share nothing.",
    parse: redisPrefix
  }),
  redisTimeout: variable("POSH_REDIS_TIMEOUT", {
    fallback: "100ms",
    values: "a duration from `10ms` to `5s`",
    meaning: "How long one command may take.",
    consequence:
      "After one that took longer, Redis is left alone for 5 s. Longer: questions wait longer for a slow Redis.",
    parse: duration("10ms", "5s")
  }),
  cacheSecret: variable("POSH_CACHE_SECRET", {
    fallback: "",
    values: "secrets of 32 characters or more, comma-separated",
    meaning: "Seals entries in Redis: the first secret seals, all of them open.",
    consequence:
      "Unset, who can write to Redis can forge answers. To rotate, put the new secret first and keep the old.",
    parse: optional(parseSecrets)
  })
} as const
