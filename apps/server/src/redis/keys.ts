/**
 * The names of things in Redis (docs/decisions/shared-cache.md). What belongs to one key shares a hash tag, so that a cluster keeps it
 * together; the index is one key of its own.
 */
import { type Generation, makeKey, parseDomain, parseService, registeredServices, type StoreKey } from "@posh/core"
import { Result } from "effect"

export interface RedisKeys {
  readonly association: (key: StoreKey) => string
  readonly negative: (key: StoreKey) => string
  /** The number of the last permit to write what is learnt about the key. */
  readonly fence: (key: StoreKey) => string
  /** Who asks now, for as long as it lives. */
  readonly flight: (key: StoreKey) => string
  /** A name that Redis holds for as long as it loses nothing. */
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

/** `undefined` for what {@link toMember} does not make. */
export const parseMember = (member: string): StoreKey | undefined => {
  const [, name = "", serviceName = "", generation] =
    /^\{([^{}:]{1,253})\}:([a-z-]{1,64}):([a-z0-9]{1,16})$/.exec(member) ?? []
  const domain = Result.getOrUndefined(parseDomain(name, { allowSpecialUse: true }))
  const service = Result.getOrUndefined(parseService(serviceName, registeredServices))
  if (domain === undefined || service === undefined || !isGeneration(generation)) return undefined
  const key = makeKey(domain, service.key, generation)
  return toMember(key) === member ? key : undefined
}

const isGeneration = (text: string | undefined): text is Generation => text === "rfc7711" || text === "draft"
