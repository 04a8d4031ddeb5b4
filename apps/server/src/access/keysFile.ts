/**
 * Changes the file of keys. Comments and the other lines stay as they are.
 */
import { Effect, Result } from "effect"
import { existsSync } from "node:fs"
import { open, realpath, rename, rm, stat } from "node:fs/promises"
import { readText } from "../process/files.ts"
import { formatKey, type Key, keyLimits, type Keys, parseKeysFile } from "./Key.ts"

/** The keys in the file. */
export const listKeys = (path: string): Effect.Effect<Keys, string> =>
  Effect.flatMap(readText(path, keyLimits.fileOctets), (text) => inFile(path, parseKeysFile(text)))

/** Adds the entry. Fails unless the service would accept the file, before and after; nothing is written then. */
export const appendKey = (path: string, entry: Key): Effect.Effect<void, string> =>
  Effect.gen(function*() {
    const text = existsSync(path) ? yield* readText(path, keyLimits.fileOctets) : ""
    const keys = yield* inFile(path, parseKeysFile(text))
    if (keys.some(({ name }) => name === entry.name)) {
      return yield* Effect.fail(
        `${path}: has a key of the name ${entry.name} already; choose another name, or revoke that key first`
      )
    }
    if (keys.length >= keyLimits.keys) {
      return yield* Effect.fail(`${path}: has ${keys.length} keys, and may not have more`)
    }
    const lineEnd = text === "" || text.endsWith("\n") ? "" : "\n"
    yield* written(path, () => append(path, `${lineEnd}${formatKey(entry)}\n`))
  })

/** Removes the entry of that name. */
export const revokeKey = (path: string, name: string): Effect.Effect<void, string> =>
  Effect.gen(function*() {
    const text = yield* readText(path, keyLimits.fileOctets)
    const keys = yield* inFile(path, parseKeysFile(text))
    if (keys.every((key) => key.name !== name)) return yield* Effect.fail(`${path}: has no key of the name ${name}`)
    if (keys.length === 1) {
      return yield* Effect.fail(
        `${path}: ${name} is its last key, and the service keeps its keys when the file has none; make another key first`
      )
    }
    const rest = text.split("\n").filter((line) => line.trim().split(":")[0] !== name)
    yield* written(path, () => replace(path, rest.join("\n")))
  })

const inFile = <A>(path: string, result: Result.Result<A, string>): Effect.Effect<A, string> =>
  Effect.fromResult(Result.mapError(result, (fault) => `${path}: ${fault}`))

const written = (path: string, write: () => Promise<void>): Effect.Effect<void, string> =>
  Effect.tryPromise({
    try: write,
    catch: (cause) => `${path}: cannot be written (${cause instanceof Error ? cause.message : "?"})`
  })

/** One write, so that the line appears atomically to readers. */
const append = (path: string, text: string): Promise<void> =>
  open(path, "a", 0o600).then((file) => file.appendFile(text).finally(() => file.close()))

/**
 * By renaming, so that no reader sees a part. A symbolic link stays, and the file that it names is replaced. Owner and mode
 * stay too: a service that could not read the new file would keep the old keys.
 */
const replace = (path: string, text: string): Promise<void> =>
  realpath(path).then((real) => {
    const fresh = `${real}.tmp`
    return stat(real).then(({ gid, mode, uid }) =>
      open(fresh, "wx", 0o600).then((file) =>
        file.writeFile(text)
          .then(() => file.chown(uid, gid))
          .then(() => file.chmod(mode & 0o777))
          .then(() => file.sync())
          .finally(() => file.close())
          .then(() => rename(fresh, real))
          .catch((cause: unknown) => rm(fresh, { force: true }).then(() => Promise.reject(cause)))
      )
    )
  })
