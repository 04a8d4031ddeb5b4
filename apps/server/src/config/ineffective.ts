/**
 * Secrets that protect nothing, because what they are for is not set.
 */
import type { Settings } from "./variables.ts"

/** A warning for each. */
export const ineffectiveSecrets = (
  { cacheSecret, decisionLogKey, decisionLogMask, otlpEndpoint, otlpHeaders, otlpTracesEndpoint, redisUrl }: Settings
): ReadonlyArray<string> => [
  ...(cacheSecret !== undefined && redisUrl === undefined
    ? ["POSH_CACHE_SECRET has no effect without POSH_REDIS_URL: nothing is shared"]
    : []),
  ...(decisionLogKey !== undefined && decisionLogMask.length === 0
    ? ["POSH_DECISION_LOG_KEY has no effect without POSH_DECISION_LOG_MASK: nothing is masked"]
    : []),
  ...(otlpHeaders !== undefined && (otlpTracesEndpoint ?? otlpEndpoint) === undefined
    ? ["OTEL_EXPORTER_OTLP_HEADERS has no effect without OTEL_EXPORTER_OTLP_ENDPOINT: nothing is sent"]
    : [])
]
