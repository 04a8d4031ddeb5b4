/**
 * The cache of associations: in the memory of this process, or shared by a fleet.
 */
import type { Policy } from "@posh/core"
import { type AssociationStore, layerMemory } from "@posh/core/cache"
import { Effect, Layer } from "effect"
import type { ConfigError } from "../config/Config.ts"
import type { Settings } from "../config/variables.ts"

/** Loads the Redis client only if Redis is configured: loading it slows the start. */
export const layerCache = (settings: Settings, policy: Policy): Layer.Layer<AssociationStore, ConfigError> => {
  const { redisUrl } = settings
  if (redisUrl === undefined) return layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets })
  const load = Effect.promise(() => import("./SharedCache.ts"))
  return Layer.unwrap(Effect.map(load, ({ layerShared }) => layerShared(settings, redisUrl, policy)))
}
