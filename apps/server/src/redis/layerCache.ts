/**
 * Where associations are remembered: in this process alone, or with the fleet.
 */
import { type AssociationStore, layerMemory, type Policy } from "@posh/core"
import { Effect, Layer } from "effect"
import type { Settings } from "../config/variables.ts"

/** Redis and its client are loaded only where there is one: they would slow the start of everybody else. */
export const layerCache = (settings: Settings, policy: Policy): Layer.Layer<AssociationStore> => {
  const { redisUrl } = settings
  if (redisUrl === undefined) return layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets })
  const load = Effect.promise(() => import("./SharedCache.ts"))
  return Layer.unwrap(Effect.map(load, ({ layerShared }) => layerShared(settings, redisUrl, policy)))
}
