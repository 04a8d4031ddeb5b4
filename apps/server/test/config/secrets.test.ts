/**
 * Secrets from files: read at the start, and again when they change.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Redacted } from "effect"
import { rename, symlink, writeFile } from "node:fs/promises"
import { loadSettings } from "../../src/config/loadSettings.ts"
import { derive, Secrets } from "../../src/config/Secrets.ts"
import { type SecretKey, secretKeys } from "../../src/config/secretSources.ts"
import { variables } from "../../src/config/variables.ts"
import { damages, replace } from "../access/unusable.ts"
import { makeFolder } from "../access/world.ts"
import { until } from "../process/processes.ts"

const first: Readonly<Record<SecretKey, string>> = {
  redisUrl: "redis://posh:first-word@127.0.0.1:6379/2",
  cacheSecret: `${"a".repeat(32)},${"b".repeat(40)}`,
  egressProxy: "http://user:first-word@127.0.0.1:3128",
  decisionLogKey: "first-word-".repeat(4),
  otlpHeaders: "authorization=Bearer%20first-word"
}
const second: typeof first = {
  redisUrl: "redis://posh:second-word@127.0.0.1:6379/2",
  cacheSecret: `${"c".repeat(32)},${"a".repeat(32)}`,
  egressProxy: "http://user:second-word@127.0.0.1:3128",
  decisionLogKey: "second-word-".repeat(4),
  otlpHeaders: "authorization=Bearer%20second-word"
}
const short: typeof first = {
  redisUrl: "http://nowhere-word",
  cacheSecret: "short-word",
  egressProxy: "word",
  decisionLogKey: "word",
  otlpHeaders: "word"
}

const write = (path: string, text: string) => Effect.promise(() => replace(path, () => writeFile(path, text)))
const nameOf = (key: SecretKey) => `${variables[key].name}_FILE`
const unwrapped = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return unwrapped(Redacted.value(value))
  if (Array.isArray(value)) return value.map(unwrapped)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unwrapped(inner)]))
}
const plain = (value: unknown): string => JSON.stringify(unwrapped(value))

describe("at the start", () => {
  for (const key of secretKeys) {
    it.live(`${nameOf(key)} is as good as ${variables[key].name}; the line end does not count`, () =>
      Effect.gen(function*() {
        const path = (yield* makeFolder)("secret")
        const given = yield* loadSettings({ [variables[key].name]: first[key] })
        for (const end of ["", "\n", "\r\n", "\n\n"]) {
          yield* write(path, `${first[key]}${end}`)
          const settings = yield* loadSettings({ [nameOf(key)]: path })
          assert.strictEqual(plain(settings[key]), plain(given[key]), JSON.stringify(end))
        }
      }).pipe(Effect.scoped))

    it.live(`${nameOf(key)} names the fault and no content`, () =>
      Effect.gen(function*() {
        const path = (yield* makeFolder)("secret")
        const lines = { name: "has two lines", put: () => writeFile(path, `${first[key]}\n${second[key]}\n`) }
        const value = { name: "has no such value", put: () => writeFile(path, short[key]) }
        for (const { name, put } of [...damages, lines, value]) {
          yield* Effect.promise(() => replace(path, () => put(path, first[key])))
          const { faults } = yield* Effect.flip(loadSettings({ [nameOf(key)]: path })).pipe(
            Effect.mapError(() => new Error(name))
          )
          assert.strictEqual(faults.length, 1, name)
          assert.match(faults[0] ?? "", new RegExp(`^${nameOf(key)}: [^\n]{5,200}$`), name)
          assert.notMatch(faults[0] ?? "", /-word/, name)
        }
        yield* write(path, first[key])
        const { message } = yield* Effect.flip(
          loadSettings({ [nameOf(key)]: path, [variables[key].name]: first[key], POSH_PORT: "x" })
        )
        assert.match(
          message,
          new RegExp(`^${nameOf(key)}: is set beside ${variables[key].name}; [^;]*; POSH_PORT: [^;]*$`)
        )
      }).pipe(Effect.scoped))
  }
})

/** The secrets of the settings of that file, and what is logged. */
const followed = <K extends SecretKey>(key: K, path: string) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
    const settings = yield* loadSettings({ [nameOf(key)]: path })
    const built = yield* Layer.build(Secrets.layer(settings).pipe(Layer.provideMerge(Logger.layer([logger]))))
    const secrets: Secrets["Service"] = Context.get(built, Secrets)
    return { lines, secret: secrets[key] }
  })

describe.concurrent("while the service runs", () => {
  for (const key of secretKeys) {
    it.live(
      `${nameOf(key)} keeps its value, whatever the file holds; mended it is taken`,
      () =>
        Effect.gen(function*() {
          const path = (yield* makeFolder)("secret")
          yield* write(path, first[key])
          const { lines, secret } = yield* followed(key, path)
          let told = 0
          secret.onChange(Effect.sync(() => void (told += 1)))
          const made = derive<unknown, string>(secret, plain)
          const before = made()

          for (const { name, put } of damages) {
            const count = lines.length
            yield* Effect.promise(() => replace(path, () => put(path, first[key])))
            yield* until(() => lines.length > count, 20_000).pipe(
              Effect.catchCause(() => Effect.die(new Error(`${name}: nothing is logged`)))
            )
            assert.match(
              lines.at(-1) ?? "",
              new RegExp(`^Error ${nameOf(key)}: .*; the value stays as it was$`),
              name
            )
            assert.strictEqual(made(), before, name)
          }
          // The same again is no change.
          yield* write(path, `${first[key]}\n`)
          yield* Effect.sleep(1_500)
          assert.strictEqual(told, 0)

          // As Kubernetes does it.
          yield* write(`${path}.2`, `${second[key]}\n`)
          yield* Effect.promise(() => symlink(`${path}.2`, `${path}.tmp`).then(() => rename(`${path}.tmp`, path)))
          yield* until(() => told > 0, 20_000)
          assert.strictEqual(told, 1)
          assert.notStrictEqual(made(), before)
          assert.strictEqual(lines.at(-1), `Info ${nameOf(key)}: has a new value`)
          assert.notMatch(lines.join("\n"), /-word|aaaa|cccc/)
        }).pipe(Effect.scoped),
      90_000
    )
  }

  it.live("POSH_REDIS_URL_FILE may not move to other servers", () =>
    Effect.gen(function*() {
      const path = (yield* makeFolder)("secret")
      yield* write(path, first.redisUrl)
      const { lines, secret } = yield* followed("redisUrl", path)
      yield* write(path, first.redisUrl.replace("127.0.0.1", "192.0.2.1"))
      yield* until(() => lines.length > 0, 20_000)
      assert.match(lines[0] ?? "", /^Error POSH_REDIS_URL_FILE: names other servers/)
      assert.strictEqual(secret.current()?.addresses[0]?.host, "127.0.0.1")
    }).pipe(Effect.scoped))
})
