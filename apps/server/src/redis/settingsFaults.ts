/**
 * Which settings of Redis contradict each other.
 */
import type { Settings } from "../config/variables.ts"
import { serversFault } from "./Servers.ts"

export const redisFaults = (settings: Settings): ReadonlyArray<string> => {
  const { redisMode, redisUrl } = settings
  const fault = redisUrl === undefined ? undefined : serversFault(redisUrl, redisMode)
  return [
    ...(fault === undefined ? [] : [`POSH_REDIS_URL: ${fault}`]),
    ...(redisUrl?.tls === true ? pairFaults(settings) : withoutTlsFaults(settings))
  ]
}

const pairFaults = ({ redisCertFile, redisKeyFile }: Settings): ReadonlyArray<string> => {
  if (redisCertFile !== undefined && redisKeyFile === undefined) {
    return ["POSH_REDIS_KEY_FILE: must be set where POSH_REDIS_CERT_FILE is"]
  }
  return redisCertFile === undefined && redisKeyFile !== undefined
    ? ["POSH_REDIS_CERT_FILE: must be set where POSH_REDIS_KEY_FILE is"]
    : []
}

/** A setting without effect is a mistake about what protects the connection. */
const withoutTlsFaults = (settings: Settings): ReadonlyArray<string> => {
  const given = [
    ["POSH_REDIS_CA_FILE", settings.redisCaFile],
    ["POSH_REDIS_CERT_FILE", settings.redisCertFile],
    ["POSH_REDIS_KEY_FILE", settings.redisKeyFile],
    ["POSH_REDIS_SERVER_NAME", settings.redisServerName]
  ] as const
  return given.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: has no effect without rediss:// in POSH_REDIS_URL`]
  )
}
