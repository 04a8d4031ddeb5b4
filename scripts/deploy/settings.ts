/** Which names of variables a unit or a manifest may set. */
import { variables } from "../../apps/server/src/config/variables.ts"

const known: ReadonlySet<string> = new Set(Object.values(variables).map(({ name }) => name))

/** What holds a secret: no value of it stands in a unit or in a manifest. */
export const secrets = [
  "POSH_API_KEYS",
  "POSH_CACHE_SECRET",
  "POSH_DECISION_LOG_KEY",
  "POSH_EGRESS_PROXY",
  "POSH_REDIS_URL",
  "OTEL_EXPORTER_OTLP_HEADERS"
] as const

/** Pure. What is wrong with the names that something sets. */
export const settingBreaches = (
  names: ReadonlyArray<string>,
  isKnown: (name: string) => boolean = (name) => known.has(name)
): ReadonlyArray<string> =>
  names.filter((name) => /^(POSH|OTEL)_/.test(name)).flatMap((name) => {
    if (isSecret(name)) return [`${name} is a secret and must come from a file`]
    return isKnown(name) ? [] : [`${name} is no variable of the service`]
  })

const isSecret = (name: string): boolean => secrets.some((secret) => secret === name)
