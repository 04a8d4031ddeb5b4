/**
 * The keys in Redis (docs/decisions/shared-cache.md). All keys of one store key share a hash tag, so a cluster keeps
 * them in one slot; the index is a separate key.
 */
import { type Generation, parseDomain } from "@posh/core"
import { makeKey, type StoreKey } from "@posh/core/cache"
import { isServiceName, type ServiceKey } from "@posh/core/question"
import { Result } from "effect"

export interface RedisKeys {
  readonly association: (key: StoreKey) => string
  readonly negative: (key: StoreKey) => string
  /** The latest fencing token: the permit to write an outcome for the key. */
  readonly fence: (key: StoreKey) => string
  /** The lease of the replica that asks the origin; it holds the token and expires with the lease. */
  readonly flight: (key: StoreKey) => string
  /** The id of the data set: it changes if Redis loses its data. */
  readonly era: string
  /** Sorted set: members are what follows `association:` in the keys, scores their expiry in milliseconds. */
  readonly expiry: string
}

export const makeKeys = (prefix: string): RedisKeys => ({
  association: (key) => `${prefix}v1:association:${toMember(key)}`,
  negative: (key) => `${prefix}v1:absence:${toMember(key)}`,
  fence: (key) => `${prefix}v1:fence:${toMember(key)}`,
  flight: (key) => `${prefix}v1:flight:${toMember(key)}`,
  era: `${prefix}v1:era`,
  expiry: `${prefix}v1:expiry`
})

export const toMember = ({ domain, generation, service }: StoreKey): string => `{${domain}}:${service}:${generation}`

/**
 * The inverse of {@link toMember}; `undefined` for any other text.
 *
 * **Details**
 *
 * Of the service only the form counts: other replicas may serve more (`POSH_SERVICES`), and their members must stay.
 */
export const parseMember = (member: string): StoreKey | undefined => {
  const [, name = "", service = "", generation] =
    /^\{([^{}:]{1,253})\}:([a-z0-9-]{1,15}):([a-z0-9]{1,16})$/.exec(member) ?? []
  const domain = Result.getOrUndefined(parseDomain(name, { allowSpecialUse: true }))
  if (domain === undefined || !isServiceName(service) || !isGeneration(generation)) return undefined
  const key = makeKey(domain, service as ServiceKey, generation)
  return toMember(key) === member ? key : undefined
}

const isGeneration = (text: string | undefined): text is Generation => text === "rfc7711" || text === "draft"
