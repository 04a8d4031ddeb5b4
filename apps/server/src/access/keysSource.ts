/**
 * Where the keys come from: a variable, a file, or both. The file may change while the service runs.
 */
import { Effect, Result, type Scope } from "effect"
import { ConfigError } from "../config/Config.ts"
import { type Settings, variables } from "../config/variables.ts"
import { readText } from "../process/files.ts"
import { watchFiles } from "../process/watchFiles.ts"
import { joinKeys, keyLimits, type Keys, parseKeysFile } from "./Key.ts"

export type KeySettings = Pick<Settings, "apiKeys" | "apiKeysFile">

/** Must callers have a key? */
export const hasKeys = ({ apiKeys, apiKeysFile }: KeySettings): boolean =>
  apiKeys !== undefined || apiKeysFile !== undefined

/** All keys as they are now. */
export const readKeys = ({ apiKeys = [], apiKeysFile }: KeySettings): Effect.Effect<Keys, ConfigError> =>
  apiKeysFile === undefined ? Effect.succeed(apiKeys) : readText(apiKeysFile, keyLimits.fileOctets).pipe(
    Effect.flatMap((text) => Effect.fromResult(parseKeysFile(text))),
    Effect.flatMap((keys) => Effect.fromResult(joinKeys(apiKeys, keys))),
    Effect.mapError((fault) => new ConfigError({ faults: [`${variables.apiKeysFile.name}: ${fault}`] }))
  )

/**
 * Hands on the keys whenever the file has changed, and says in the log which came and went.
 *
 * **Details**
 *
 * A file that cannot be used changes nothing: neither may a slip of the pen shut a fleet out, nor let a stranger in.
 */
export const followKeys = (
  settings: KeySettings,
  initial: Keys,
  take: (keys: Keys) => void
): Effect.Effect<void, never, Scope.Scope> => {
  if (settings.apiKeysFile === undefined) return Effect.void
  let current = initial
  const renew = Effect.gen(function*() {
    const read = yield* Effect.result(readKeys(settings))
    if (Result.isFailure(read)) {
      return yield* Effect.logError(`${read.failure.message}; the keys stay as they were`)
    }
    const changes = differences(current, read.success)
    current = read.success
    take(current)
    yield* Effect.forEach(changes, (change) => Effect.logInfo(change))
  })
  return watchFiles([settings.apiKeysFile], renew)
}

const differences = (before: Keys, after: Keys): ReadonlyArray<string> => {
  const old = new Map(before.map((key) => [key.name, key]))
  const names = new Set(after.map(({ name }) => name))
  return [
    ...before.filter(({ name }) => !names.has(name)).map(({ name }) => `key removed: ${name}`),
    ...after.flatMap(({ name, scope, sha256 }) => {
      const same = old.get(name)
      if (same === undefined) return [`key added: ${name} (${scope})`]
      return same.sha256 === sha256 && same.scope === scope ? [] : [`key replaced: ${name} (${scope})`]
    })
  ]
}
