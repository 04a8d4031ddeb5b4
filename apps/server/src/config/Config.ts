/**
 * The environment → settings. No other module of the service reads the environment.
 */
import { Data, Effect, Record, Result } from "effect"
import { parseSupervision, type Supervision } from "../process/notify/supervision.ts"
import { redisFaults } from "../redis/settingsFaults.ts"
import { nearestName } from "../service/nearest.ts"
import { ineffectiveSampling } from "../telemetry/traces/options.ts"
import type { Variable } from "./Variable.ts"
import { type Settings, variables } from "./variables.ts"

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The settings are invalid; every fault names its variable. */
export class ConfigError extends Data.TaggedError("ConfigError")<{ readonly faults: ReadonlyArray<string> }> {
  override get message(): string {
    return this.faults.join("; ")
  }
}

/** Of the environment of this process, the variables whose name begins with `POSH_` or `OTEL_`, known or not. */
export const environment: Effect.Effect<Environment> = Effect.sync(() => ownVariables(process.env))

/** What the service manager that started this process tells it. */
export const supervision: Effect.Effect<Supervision | undefined> = Effect.sync(() =>
  parseSupervision(process.env, process.pid)
)

/** An empty variable counts as unset. */
export const ownVariables = (env: Environment): Environment =>
  Record.filter(env, (value, name) => /^(POSH|OTEL)_/.test(name) && value !== undefined && value !== "")

/**
 * Reads all settings.
 *
 * **Details**
 *
 * An empty variable counts as unset. Fails with all faults together, so an operator can fix them at once.
 */
export const readSettings = (env: Environment): Result.Result<Settings, ConfigError> => {
  const rows = Object.entries<Variable<unknown>>(variables)
  const read = rows.map(([key, row]) => [key, readVariable(row, env)] as const)
  const faults = read.flatMap(([, result]) => Result.isFailure(result) ? [result.failure] : [])
  if (faults.length > 0) return Result.fail(new ConfigError({ faults }))

  // Keys and types are those of `variables`, row by row.
  const settings = Object.fromEntries(read.map(([key, result]) => [key, Result.getOrThrow(result)])) as Settings
  const contradictions = contradictionsOf(settings)
  return contradictions.length > 0
    ? Result.fail(new ConfigError({ faults: contradictions }))
    : Result.succeed(settings)
}

/**
 * A warning for each unknown variable, and for each without effect: a misspelt limit must not be ignored silently, nor what
 * OpenTelemetry specifies and this service does not do.
 */
export const unknownVariables = (env: Environment): ReadonlyArray<string> => {
  const known = Object.values<Variable<unknown>>(variables).map(({ name }) => name)
  const unknown = Record.keys(ownVariables(env))
    .filter((name) => !known.some((candidate) => candidate === name))
    .map((name) => {
      const near = nearestName(name, known)
      return near === undefined
        ? `${name} is not a variable of this service and has no effect`
        : `${name} is not a variable of this service and has no effect; did you mean ${near}?`
    })
  return [...unknown, ...ineffectiveSampling(env)]
}

/** Where the operations listener listens unless `POSH_OPS_HOST` says otherwise. */
export const defaultOpsHost = "127.0.0.1"

/** True for an address that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)

const readVariable = (row: Variable<unknown>, env: Environment): Result.Result<unknown, string> => {
  const given = env[row.name] ?? ""
  return Result.mapError(row.parse(given === "" ? row.fallback : given), (fault) => `${row.name}: ${fault}`)
}

/** Settings that do not go together. */
export const contradictionsOf = (settings: Settings): ReadonlyArray<string> => {
  const faults: Array<string> = [
    ...accessFaults(settings),
    ...operationsFaults(settings),
    ...grpcFaults(settings),
    ...workersFaults(settings)
  ]
  if (settings.delegation === "list" && settings.delegationHosts.length === 0) {
    faults.push("POSH_DELEGATION_HOSTS: must name the hosts that POSH_DELEGATION=list allows")
  }
  if (settings.delegation !== "list" && settings.delegationHosts.length > 0) {
    faults.push("POSH_DELEGATION_HOSTS: has no effect without POSH_DELEGATION=list")
  }
  if (settings.allowedPorts.length === 0) faults.push("POSH_ALLOWED_PORTS: must name at least one port")
  if (settings.cacheEntries === 0 && settings.redisUrl === undefined) {
    faults.push("POSH_CACHE_ENTRIES: 0 leaves nothing to remember in without POSH_REDIS_URL")
  }
  if (settings.proxyProtocol && settings.trustedProxies.length === 0) {
    faults.push("POSH_TRUSTED_PROXIES: must name the proxies that POSH_PROXY_PROTOCOL=true believes")
  }
  return [...faults, ...redisFaults(settings)]
}

const workersFaults = ({ maxConnections, redisUrl, workers }: Settings): ReadonlyArray<string> => {
  if (workers === 1) return []
  return [
    ...(redisUrl === undefined
      ? [`POSH_WORKERS: ${workers} workers share what they learn through Redis; set POSH_REDIS_URL, or POSH_WORKERS=1`]
      : []),
    ...(maxConnections < workers ? [`POSH_MAX_CONNECTIONS: must be at least POSH_WORKERS, which is ${workers}`] : [])
  ]
}

const operationsFaults = ({ host, opsHost, opsPort, port }: Settings): ReadonlyArray<string> => {
  if (opsPort === undefined) return opsHost === undefined ? [] : ["POSH_OPS_HOST: has no effect without POSH_OPS_PORT"]
  return opsPort !== 0 && opsPort === port && (opsHost ?? defaultOpsHost) === host
    ? ["POSH_OPS_PORT: must differ from POSH_PORT on the same address"]
    : []
}

const grpcFaults = ({ grpcPort, host, opsHost, opsPort, port }: Settings): ReadonlyArray<string> => {
  if (grpcPort === undefined || grpcPort === "auto" || grpcPort === 0) return []
  return [
    ...(grpcPort === port ? ["POSH_GRPC_PORT: must differ from POSH_PORT"] : []),
    ...(grpcPort === opsPort && (opsHost ?? defaultOpsHost) === host
      ? ["POSH_GRPC_PORT: must differ from POSH_OPS_PORT on the same address"]
      : [])
  ]
}

const accessFaults = (settings: Settings): ReadonlyArray<string> => {
  const { apiKeys, apiKeysFile, auth, host, tlsCertFile, tlsClientCaFile, tlsKeyFile } = settings
  const faults: Array<string> = []
  const guards = [
    ...(apiKeys === undefined ? [] : ["POSH_API_KEYS"]),
    ...(apiKeysFile === undefined ? [] : ["POSH_API_KEYS_FILE"]),
    ...(tlsClientCaFile === undefined ? [] : ["POSH_TLS_CLIENT_CA_FILE"])
  ]
  if (!isLoopback(host) && guards.length === 0 && auth !== "none") {
    faults.push(
      `POSH_HOST: ${host} is not a loopback address, so everybody who reaches it may ask; give keys ` +
        "(POSH_API_KEYS_FILE) or a client CA (POSH_TLS_CLIENT_CA_FILE), or say POSH_AUTH=none if that is meant"
    )
  }
  if (auth === "none" && guards.length > 0) faults.push(`POSH_AUTH: none contradicts ${guards.join(", ")}`)
  if (tlsCertFile !== undefined && tlsKeyFile === undefined) {
    faults.push("POSH_TLS_KEY_FILE: must be set where POSH_TLS_CERT_FILE is")
  }
  if (tlsCertFile === undefined && (tlsKeyFile ?? tlsClientCaFile) !== undefined) {
    faults.push("POSH_TLS_CERT_FILE: must be set where POSH_TLS_KEY_FILE or POSH_TLS_CLIENT_CA_FILE is")
  }
  return faults
}
