/**
 * Sources of keys: a variable, a file, or both. The file is read again when it changes.
 */
import { Effect, type Scope } from "effect"
import { ConfigError } from "../config/Config.ts"
import { type Settings, variables } from "../config/variables.ts"
import { readText } from "../process/files.ts"
import { watchFiles } from "../process/watchFiles.ts"
import { joinKeys, keyLimits, type Keys, parseKeysFile } from "./Key.ts"

export type KeySettings = Pick<Settings, "apiKeys" | "apiKeysFile">

/** True if keys are configured. */
export const hasKeys = ({ apiKeys, apiKeysFile }: KeySettings): boolean =>
  apiKeys !== undefined || apiKeysFile !== undefined

/** Reads all keys. */
export const readKeys = ({ apiKeys = [], apiKeysFile }: KeySettings): Effect.Effect<Keys, ConfigError> =>
  apiKeysFile === undefined ? Effect.succeed(apiKeys) : readText(apiKeysFile, keyLimits.fileOctets).pipe(
    Effect.flatMap((text) => Effect.fromResult(parseKeysFile(text))),
    Effect.flatMap((keys) => Effect.fromResult(joinKeys(apiKeys, keys))),
    Effect.mapError((fault) => new ConfigError({ faults: [`${variables.apiKeysFile.name}: ${fault}`] }))
  )

/**
 * Calls `take` with the keys whenever the file has changed, and logs which were added, replaced or removed.
 *
 * **Details**
 *
 * An unusable file changes nothing: a typing error must neither lock the fleet out nor open the service. A file that has lost
 * all of its keys is unusable too: that is how a full disk looks, or a file that somebody begins to write.
 */
export const followKeys = (
  settings: KeySettings,
  initial: Keys,
  take: (keys: Keys) => void
): Effect.Effect<void, never, Scope.Scope> => {
  const { apiKeys = [], apiKeysFile } = settings
  if (apiKeysFile === undefined) return Effect.void
  const name = variables.apiKeysFile.name
  let current = initial
  const renew = Effect.gen(function*() {
    const keys = yield* Effect.mapError(readKeys(settings), ({ message }) => `${message}; the keys stay as they were`)
    if (keys.length === apiKeys.length && current.length > apiKeys.length) {
      return yield* Effect.fail(`${name}: ${apiKeysFile} has no keys any more; the keys stay as they were`)
    }
    const changes = differences(current, keys)
    take(keys)
    current = keys
    yield* Effect.forEach(changes, (change) => Effect.logInfo(change), { discard: true })
  })
  return watchFiles([apiKeysFile], renew, name)
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
