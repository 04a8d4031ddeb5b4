/**
 * The environment, and the files with secrets that it names → settings.
 */
import { Effect, Result } from "effect"
import { ConfigError, type Environment, readSettings } from "./Config.ts"
import { readSecrets } from "./secretSources.ts"
import type { Settings } from "./variables.ts"

/** Fails with the faults of variables and of files together, so that an operator sees all at once. */
export const loadSettings = (env: Environment): Effect.Effect<Settings, ConfigError> =>
  Effect.gen(function*() {
    const { faults, texts } = yield* readSecrets(env)
    const settings = Result.mapError(readSettings({ ...env, ...texts }), ({ faults }) => faults.map(inFile(texts)))
    if (Result.isFailure(settings)) return yield* new ConfigError({ faults: [...faults, ...settings.failure] })
    return faults.length === 0 ? settings.success : yield* new ConfigError({ faults })
  })

/** Names the variable of the file, where the value is in a file. */
const inFile = (texts: Environment) => (fault: string): string => {
  const [name = ""] = fault.split(":")
  return texts[name] === undefined ? fault : fault.replace(name, `${name}_FILE`)
}
