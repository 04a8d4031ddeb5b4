/**
 * The environment and the files that it names → what the service is built from. The same for a start and for a check.
 */
import { type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Effect, Result } from "effect"
import { type AccessFiles, readAccess } from "./access/access.ts"
import { changedVariables } from "./config/changed.ts"
import { ConfigError, environment, unknownVariables } from "./config/Config.ts"
import { readResolver } from "./config/dnssecResolver.ts"
import { ineffectiveSecrets } from "./config/ineffective.ts"
import { loadSettings } from "./config/loadSettings.ts"
import { readPkixRoots } from "./config/pkixRoots.ts"
import { egressFault, toEgressOptions } from "./config/policy.ts"
import { withoutServiceLinks } from "./config/serviceLinks.ts"
import { readStanding, type Standing } from "./config/standing.ts"
import { type Settings, variables } from "./config/variables.ts"
import { checkDecisionLog } from "./telemetry/decisions/writable.ts"

export interface Prepared {
  readonly settings: Settings
  readonly egress: EgressOptions
  readonly access: AccessFiles
  readonly standing: Standing
  /** What looks like a setting and is none; what weakens the service, or will end soon. */
  readonly warnings: ReadonlyArray<string>
  /** What differs from the defaults, without secrets. */
  readonly changed: ReadonlyArray<string>
}

/** Listens nowhere and connects to nothing. Fails with the faults of all files together. */
export const prepare: Effect.Effect<Prepared, ConfigError> = Effect.gen(function*() {
  const { env, warnings } = withoutServiceLinks(yield* environment, Object.values(variables).map(({ name }) => name))
  const settings = yield* loadSettings(env)
  const { access, egress } = yield* allFaults({
    egress: readEgress(settings),
    access: readAccess(settings),
    pkixRoots: readPkixRoots(settings),
    resolver: readResolver(settings),
    decisionLog: checkDecisionLog(settings)
  })
  const { guard, tls } = access
  const standing = yield* readStanding(settings, {
    POSH_TLS_CERT_FILE: tls?.cert,
    POSH_TLS_CLIENT_CA_FILE: tls?.clientCa,
    POSH_EXTRA_CA_FILE: egress.extraCa
  }, guard.keys?.length)
  return {
    settings,
    egress,
    access,
    standing,
    warnings: [...warnings, ...unknownVariables(env), ...ineffectiveSecrets(settings), ...standing.warnings],
    changed: changedVariables(env)
  }
})

const readEgress = (settings: Settings): Effect.Effect<EgressOptions, ConfigError> =>
  Effect.tap(
    toEgressOptions(settings),
    (egress) => Effect.mapError(Effect.fromResult(HttpsFetcher.checkOptions(egress)), egressFault)
  )

/** Runs all, and fails with the faults of all that fail. */
export const allFaults = <const Parts extends Record<string, Effect.Effect<unknown, ConfigError>>>(
  parts: Parts
): Effect.Effect<{ readonly [K in keyof Parts]: Effect.Success<Parts[K]> }, ConfigError> =>
  Effect.gen(function*() {
    const read = yield* Effect.forEach(
      Object.entries(parts),
      ([name, part]) => Effect.map(Effect.result(part), (result) => [name, result] as const)
    )
    const faults = read.flatMap(([, result]) => Result.isFailure(result) ? result.failure.faults : [])
    if (faults.length > 0) return yield* new ConfigError({ faults })
    // Names and types are those of `parts`, one by one.
    return Object.fromEntries(read.map(([name, result]) => [name, Result.getOrThrow(result)])) as {
      readonly [K in keyof Parts]: Effect.Success<Parts[K]>
    }
  })
