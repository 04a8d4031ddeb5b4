/**
 * Parsers of `POSH_REDIS_PREFIX`, `POSH_REDIS_SERVER_NAME` and `POSH_CACHE_SECRET`. A fault repeats no secret.
 */
import { Redacted, Result } from "effect"
import { isIP } from "node:net"

/** Without braces: a cluster would take them for a hash tag and put all keys into one slot. */
export const redisPrefix = (text: string): Result.Result<string, string> =>
  /^[A-Za-z0-9:._/-]{1,64}$/.test(text)
    ? Result.succeed(text)
    : Result.fail("must be 1 to 64 letters, digits and characters of :._/-")

/** Labels of any host, also of one that no DNS knows; RFC 6066 §3 excludes IP addresses. */
export const serverName = (text: string): Result.Result<string, string> =>
  isIP(text) === 0 && text.length <= 253 && /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/i.test(text)
    ? Result.succeed(text)
    : Result.fail("must be a host name, and no IP address")

const shortestSecret = 32

export const parseSecrets = (text: string): Result.Result<Redacted.Redacted<ReadonlyArray<string>>, string> => {
  const secrets = text.split(",").map((secret) => secret.trim())
  const short = secrets.findIndex((secret) => secret.length < shortestSecret)
  return short === -1
    ? Result.succeed(Redacted.make(secrets))
    : Result.fail(`secret ${short + 1} of ${secrets.length} is shorter than ${shortestSecret} characters`)
}
