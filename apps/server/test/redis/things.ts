/** Test entries for a store. */
import { type Association, type Domain, type Generation, ResolveError, type ServiceKey } from "@posh/core"
import {
  type CacheKey,
  makeKey,
  makeTlsaKey,
  type NegativeEntry,
  type ServiceLookup,
  type StoreKey
} from "@posh/core/cache"

export const keyOf = (name: string, generation: Generation = "rfc7711"): StoreKey =>
  makeKey(`${name}.example` as Domain, "xmpp-server" as ServiceKey, generation)

export const hour = 3_600_000

/** Material of RFC 7711 with `padding` fingerprints. */
export const association = (key: StoreKey, expiresAt = Date.now() + hour, padding = 1): Association => ({
  domain: key.domain,
  service: key.service,
  generation: key.generation,
  material: {
    _tag: "Fingerprints",
    descriptors: Array.from({ length: padding }, (_, index) => ({
      index,
      hashes: { "sha-256": new Uint8Array(32).fill(index % 256) }
    }))
  },
  lints: [],
  hops: [],
  delegation: "possession",
  delegatedDomain: key.domain,
  lifetime: { fetchedAt: Date.now() - 1_000, revalidateAt: expiresAt, graceUntil: expiresAt, expiresAt }
})

export const negative = (until = Date.now() + 300_000): NegativeEntry => ({
  error: new ResolveError({ code: "NotPublished", hops: [] }),
  learnedAt: until - 300_000,
  until,
  failures: 1,
  nothingPublished: true
})

export const redisKey = (key: StoreKey, kind: "association" | "absence" | "fence" | "flight" = "association") =>
  `posh:v1:${kind}:{${key.domain}}:${key.service}:${key.generation}`

export const lookupKeyOf = (name: string): CacheKey =>
  makeTlsaKey(`${name}.example` as Domain, "xmpp-server" as ServiceKey)

/** One TLSA record at one target. */
export const lookupOf = (resolvedAt = Date.now(), ttl = 300): ServiceLookup => ({
  resolvedAt,
  ttl,
  kind: "endpoints",
  endpoints: [{
    target: "xmpp.host.example",
    port: 5_269,
    ttl,
    kind: "records",
    base: "xmpp.host.example" as Domain,
    records: [{ usage: 3, selector: 1, matching: 1, data: new Uint8Array(32).fill(7) }]
  }],
  leftOut: 0
})

export const lookupRedisKey = ({ domain, service }: CacheKey) => `posh:v1:tlsa:{${domain}}:${service}`
