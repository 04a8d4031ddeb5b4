/**
 * Reads keys and TLS files at the start.
 */
import { Effect, Result } from "effect"
import { ConfigError } from "../config/Config.ts"
import type { Settings } from "../config/variables.ts"
import type { Guard } from "./Callers.ts"
import { hasKeys, readKeys } from "./keysSource.ts"
import { readTls, type Tls } from "./Tls.ts"

export interface AccessFiles {
  readonly guard: Guard
  readonly tls?: Tls
}

/** Fails with the faults of both, so that an operator sees all at once. */
export const readAccess = (settings: Settings): Effect.Effect<AccessFiles, ConfigError> =>
  Effect.gen(function*() {
    const keys = yield* Effect.result(readKeys(settings))
    const tls = yield* Effect.result(readTls(settings))
    if (Result.isFailure(keys) || Result.isFailure(tls)) {
      return yield* new ConfigError({
        faults: [...faultsOf(keys), ...faultsOf(tls)]
      })
    }
    return {
      guard: {
        ...(hasKeys(settings) ? { keys: keys.success } : {}),
        byCertificate: tls.success?.clientCa !== undefined
      },
      ...(tls.success === undefined ? {} : { tls: tls.success })
    }
  })

const faultsOf = (read: Result.Result<unknown, ConfigError>): ReadonlyArray<string> =>
  Result.isFailure(read) ? read.failure.faults : []
