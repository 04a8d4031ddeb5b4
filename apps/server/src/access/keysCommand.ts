/**
 * `npm run keys:new -- NAME SCOPE [--file PATH] [--json]`: generates a key for a caller, prints it with its entry, and appends
 * the entry to the file (that of `POSH_API_KEYS_FILE`). `keys:ls` lists the entries of the file, `keys:revoke` removes one.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { type Scope, scopes } from "@posh/api"
import { Console, Data, Effect, Redacted, Result } from "effect"
import { parseArgs } from "node:util"
import { formatKey, isKeyName, keyLimits, makeKey } from "./Key.ts"
import { appendKey, listKeys, revokeKey } from "./keysFile.ts"

class KeysError extends Data.TaggedError("KeysError")<{ readonly message: string }> {}

interface Given {
  readonly names: ReadonlyArray<string>
  readonly file: string | undefined
  readonly json: boolean
}

/** Fails with the usage, or with what is wrong. */
type Command = (given: Given) => Effect.Effect<void, string>

const usages = {
  new: `npm run keys:new -- NAME ${scopes.join("|")} [--file PATH] [--json]`,
  ls: "npm run keys:ls -- --file PATH [--json]",
  revoke: "npm run keys:revoke -- NAME --file PATH"
} as const

const commands: Readonly<Record<keyof typeof usages, Command>> = {
  new: ({ file, json, names: [name, scopeText, ...more] }) =>
    Effect.gen(function*() {
      const scope: Scope | undefined = scopes.find((candidate) => candidate === scopeText)
      if (name === undefined || scope === undefined || more.length > 0) return yield* Effect.fail(usages.new)
      if (!isKeyName(name)) {
        return yield* Effect.fail(
          `NAME is 1 to ${keyLimits.nameCharacters} letters, digits, dots, dashes or underscores`
        )
      }
      const { entry, secret } = makeKey(name, scope)
      if (file !== undefined) yield* appendKey(file, entry)
      const [key, text] = [Redacted.value(secret), formatKey(entry)]
      yield* Console.log(json ? JSON.stringify({ name, scope, key, entry: text }) : `key:   ${key}\nentry: ${text}`)
    }),
  ls: ({ file, json, names }) =>
    Effect.gen(function*() {
      if (file === undefined || names.length > 0) return yield* Effect.fail(usages.ls)
      const keys = yield* listKeys(file)
      if (json) return yield* Console.log(JSON.stringify(keys))
      yield* Effect.forEach(keys, ({ name, scope }) => Console.log(`${scope} ${name}`), { discard: true })
    }),
  revoke: ({ file, json, names: [name, ...more] }) =>
    file === undefined || name === undefined || more.length > 0 || json
      ? Effect.fail(usages.revoke)
      : revokeKey(file, name)
}

const [word = "", ...args] = process.argv.slice(2)
const command: keyof typeof usages = word === "ls" || word === "revoke" ? word : "new"

const run = Effect.gen(function*() {
  const { positionals, values } = yield* Effect.fromResult(Result.try({
    try: () =>
      parseArgs({ args, options: { file: { type: "string" }, json: { type: "boolean" } }, allowPositionals: true }),
    catch: () => usages[command]
  }))
  yield* commands[command]({ names: positionals, file: values.file, json: values.json === true })
}).pipe(Effect.mapError((message) => new KeysError({ message })))

NodeRuntime.runMain(run.pipe(Effect.tapError(({ message }) => Console.error(`keys:${command}: ${message}`))), {
  disableErrorReporting: true
})
