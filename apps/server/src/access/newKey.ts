/**
 * `npm run keys:new -- NAME SCOPE [--file PATH]`: generates a key for a caller, prints it with its entry, and appends the
 * entry to the file (that of `POSH_API_KEYS_FILE`).
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { scopes } from "@posh/api"
import { Console, Data, Effect, Redacted, Result } from "effect"
import { existsSync } from "node:fs"
import { open } from "node:fs/promises"
import { parseArgs } from "node:util"
import { readText } from "../process/files.ts"
import { formatKey, isKeyName, joinKeys, type Key, keyLimits, makeKey, parseKeysFile } from "./Key.ts"

class NewKeyError extends Data.TaggedError("NewKeyError")<{ readonly message: string }> {}

const newKey = Effect.gen(function*() {
  const { file, name, scope } = yield* Effect.fromResult(readArguments(process.argv.slice(2)))
  const { entry, secret } = makeKey(name, scope)
  if (file !== undefined) yield* append(file, entry)
  yield* Console.log(`key:   ${Redacted.value(secret)}`)
  yield* Console.log(`entry: ${formatKey(entry)}`)
})

const usage = `npm run keys:new -- NAME ${scopes.join("|")} [--file PATH]`

const readArguments = (args: ReadonlyArray<string>) =>
  Result.gen(function*() {
    const { positionals, values } = yield* Result.try({
      try: () => parseArgs({ args: [...args], options: { file: { type: "string" } }, allowPositionals: true }),
      catch: () => new NewKeyError({ message: usage })
    })
    const [name, scopeText, ...more] = positionals
    const scope = scopes.find((candidate) => candidate === scopeText)
    if (name === undefined || scope === undefined || more.length > 0) return yield* refuse(usage)
    if (!isKeyName(name)) {
      return yield* refuse(`NAME is 1 to ${keyLimits.nameCharacters} letters, digits, dots, dashes or underscores`)
    }
    return { name, scope, file: values.file }
  })

/** Fails unless the service would accept the file, before and after. */
const append = (path: string, entry: Key): Effect.Effect<void, NewKeyError> =>
  Effect.gen(function*() {
    const text = existsSync(path) ? yield* readText(path, keyLimits.fileOctets) : ""
    yield* Effect.fromResult(Result.flatMap(parseKeysFile(text), (keys) => joinKeys(keys, [entry])))
    const lineEnd = text === "" || text.endsWith("\n") ? "" : "\n"
    yield* Effect.tryPromise({
      try: () => write(path, `${lineEnd}${formatKey(entry)}\n`),
      catch: (cause) => `cannot be written (${cause instanceof Error ? cause.message : "?"})`
    })
  }).pipe(Effect.mapError((fault) => new NewKeyError({ message: `${path}: ${fault}` })))

/** One write, so that the line appears atomically to readers. */
const write = (path: string, text: string): Promise<void> =>
  open(path, "a", 0o600).then((file) => file.appendFile(text).finally(() => file.close()))

const refuse = (message: string) => Result.fail(new NewKeyError({ message }))

NodeRuntime.runMain(newKey.pipe(Effect.tapError(({ message }) => Console.error(`keys:new: ${message}`))), {
  disableErrorReporting: true
})
