/**
 * The keys in Redis (docs/decisions/shared-cache.md). All keys of one cache key share a hash tag, so a cluster keeps
 * them in one slot; the indexes are separate keys.
 */
import { type Generation, parseDomain } from "@posh/core"
import { type CacheKey, makeKey, makeTlsaKey, type StoreKey } from "@posh/core/cache"
import { isServiceName, type ServiceKey } from "@posh/core/question"
import { Result } from "effect"

export interface RedisKeys {
  readonly association: (key: StoreKey) => string
  readonly negative: (key: StoreKey) => string
  /** What DNS says of a service (DANE). */
  readonly lookup: (key: CacheKey) => string
  /** The latest fencing token: the permit to write an outcome for the key. */
  readonly fence: (key: CacheKey) => string
  /** The lease of the replica that asks the origin; it holds the token and expires with the lease. */
  readonly flight: (key: CacheKey) => string
  /** The id of the data set: it changes if Redis loses its data. */
  readonly era: string
  /** Sorted set: members are what follows `association:` in the keys, scores their expiry in milliseconds. */
  readonly expiry: string
  /** The same of look-ups; a set of its own, because earlier versions take its members out of the other. */
  readonly lookupExpiry: string
}

export const makeKeys = (prefix: string): RedisKeys => ({
  association: (key) => `${prefix}v1:association:${toMember(key)}`,
  negative: (key) => `${prefix}v1:absence:${toMember(key)}`,
  lookup: (key) => `${prefix}v1:tlsa:${toLookupMember(key)}`,
  fence: (key) => `${prefix}v1:fence:${toMember(key)}`,
  flight: (key) => `${prefix}v1:flight:${toMember(key)}`,
  era: `${prefix}v1:era`,
  expiry: `${prefix}v1:expiry`,
  lookupExpiry: `${prefix}v1:tlsa-expiry`
})

/** The text of the key, with its domain as the hash tag. */
export const toMember = ({ domain, text }: CacheKey): string => `{${domain}}${text.slice(domain.length)}`

export const toLookupMember = ({ domain, service }: CacheKey): string => `{${domain}}:${service}`

/**
 * The inverse of {@link toMember}; `undefined` for any other text.
 *
 * **Details**
 *
 * Of the service only the form counts: other replicas may serve more (`POSH_SERVICES`), and their members must stay.
 */
export const parseMember = (member: string): StoreKey | undefined => {
  const [, pair = "", generation] = /^(.{1,280}):([a-z0-9]{1,16})$/.exec(member) ?? []
  const lookupKey = isGeneration(generation) ? parseLookupMember(pair) : undefined
  return lookupKey === undefined || !isGeneration(generation)
    ? undefined
    : makeKey(lookupKey.domain, lookupKey.service, generation)
}

/** The inverse of {@link toLookupMember}. */
export const parseLookupMember = (member: string): CacheKey | undefined => {
  const [, name = "", service = ""] = /^\{([^{}:]{1,253})\}:([a-z0-9-]{1,15})$/.exec(member) ?? []
  const domain = Result.getOrUndefined(parseDomain(name, { allowSpecialUse: true }))
  return domain === name && isServiceName(service) ? makeTlsaKey(domain, service as ServiceKey) : undefined
}

const isGeneration = (text: string | undefined): text is Generation => text === "rfc7711" || text === "draft"
