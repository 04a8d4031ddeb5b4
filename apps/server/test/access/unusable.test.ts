/**
 * Files that nobody can use: at the start one line with the variable and the cause; while the service runs a line of log, and
 * what was read before stays in use until the file is mended.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Redacted, Result } from "effect"
import { writeFile } from "node:fs/promises"
import { connect } from "node:tls"
import { Callers } from "../../src/access/Callers.ts"
import { formatKey, makeKey } from "../../src/access/Key.ts"
import { readKeys } from "../../src/access/keysSource.ts"
import { followTls, readTls } from "../../src/access/Tls.ts"
import { readSettings } from "../../src/config/Config.ts"
import { makeListener } from "../../src/http/listener/Listener.ts"
import { until } from "../process/processes.ts"
import { type Damage, damages, pemDamages, replace } from "./unusable.ts"
import { certificates, makeFolder, trust } from "./world.ts"

const put = (path: string, text: string) => Effect.promise(() => replace(path, () => writeFile(path, text)))

/** Collects what is logged at the level. */
const collecting = (level: string) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === level) lines.push(String(message))
  })
  return { lines, layer: Logger.layer([logger]) }
}

const variablesOf = { cert: "POSH_TLS_CERT_FILE", key: "POSH_TLS_KEY_FILE", ca: "POSH_TLS_CLIENT_CA_FILE" } as const
type TlsFile = keyof typeof variablesOf

const good: Readonly<Record<TlsFile, string>> = {
  cert: certificates.server.pem,
  key: certificates.server.keyPem,
  ca: certificates.fleetCa.pem
}

const strangers: ReadonlyArray<Damage> = [
  { name: "belongs to another certificate", put: (path) => writeFile(path, certificates.renewed.keyPem) }
]

const pemRows = (file: TlsFile) => [...damages, ...pemDamages, ...(file === "key" ? strangers : [])]

const tlsFolder = (client: boolean) =>
  Effect.gen(function*() {
    const path = yield* makeFolder
    for (const file of ["cert", "key", "ca"] as const) yield* put(path(file), good[file])
    const settings = Result.getOrThrow(readSettings({
      POSH_TLS_CERT_FILE: path("cert"),
      POSH_TLS_KEY_FILE: path("key"),
      ...(client ? { POSH_TLS_CLIENT_CA_FILE: path("ca") } : {})
    }))
    return { path, settings }
  })

const files = ["cert", "key", "ca"] as const

describe("at the start", () => {
  for (const file of files) {
    it.live(`${variablesOf[file]}: one line names it and says what is wrong`, () =>
      Effect.gen(function*() {
        const { path, settings } = yield* tlsFolder(true)
        for (const { name, put: damage } of pemRows(file)) {
          yield* Effect.promise(() => replace(path(file), () => damage(path(file), good[file])))
          const { message } = yield* Effect.flip(readTls(settings)).pipe(
            Effect.mapError((read) => new Error(`${file} ${name}: ${JSON.stringify(read)}`))
          )
          assert.match(message, new RegExp(`^[^:]*${variablesOf[file]}[^:]*: [^\n]{5,300}$`), `${file} ${name}`)
        }
      }).pipe(Effect.scoped))
  }

  it.live("OpenSSL's reason is said", () =>
    Effect.gen(function*() {
      const { path, settings } = yield* tlsFolder(false)
      yield* put(path("cert"), certificates.weak.pem)
      yield* put(path("key"), certificates.weak.keyPem)
      const { message } = yield* Effect.flip(readTls(settings))
      assert.strictEqual(
        message,
        "POSH_TLS_CERT_FILE, POSH_TLS_KEY_FILE: OpenSSL refuses them (ee key too small)"
      )
    }).pipe(Effect.scoped))
})

/** Breaks the file in each way; returns when each was logged. */
const suffer = (
  path: string,
  text: string,
  rows: ReadonlyArray<Damage>,
  variable: string,
  errors: ReadonlyArray<string>,
  check: (name: string) => Effect.Effect<void>
) =>
  Effect.forEach(rows, ({ name, put: damage }) =>
    Effect.gen(function*() {
      const before = errors.length
      yield* Effect.promise(() => replace(path, () => damage(path, text)))
      yield* until(() => errors.length > before, 20_000).pipe(
        Effect.catchCause(() => Effect.die(new Error(`${variable} ${name}: nothing is logged`)))
      )
      assert.match(errors.at(-1) ?? "", new RegExp(`^[^:]*${variable}[^:]*: [^\n]{5,300}$`), name)
      yield* check(name)
    }))

const shown = (port: number) =>
  Effect.promise(() =>
    new Promise<string>((resolve, reject) => {
      const identity = { cert: certificates.good.pem, key: certificates.good.keyPem }
      const socket = connect({ host: "127.0.0.1", port, ...trust, ...identity }, () => {
        const { raw } = socket.getPeerCertificate()
        socket.destroy()
        resolve(raw.equals(certificates.renewed.der) ? "renewed" : "server")
      }).on("error", reject)
    })
  )

describe.concurrent("while the service runs", () => {
  for (const file of files) {
    it.live(
      `${variablesOf[file]} changes nothing, whatever it holds; mended it is taken`,
      () =>
        Effect.gen(function*() {
          const { path, settings } = yield* tlsFolder(true)
          const { layer, lines: errors } = collecting("Error")
          const tls = yield* readTls(settings)
          if (tls === undefined) return assert.fail("no TLS")
          const listener = yield* makeListener({ ...settings, port: 0 }, tls)
          const port = Number(new URL(listener.url).port)
          yield* Effect.provide(followTls(settings, tls, listener.renew), layer)
          yield* suffer(
            path(file),
            good[file],
            pemRows(file),
            variablesOf[file],
            errors,
            (name) => Effect.map(shown(port), (served) => assert.strictEqual(served, "server", name))
          )

          yield* put(path("cert"), certificates.renewed.pem)
          yield* put(path("key"), certificates.renewed.keyPem)
          yield* put(path("ca"), good.ca)
          const served = yield* Effect.repeat(Effect.delay(shown(port), 100), {
            until: (name) => name === "renewed"
          }).pipe(Effect.timeout(5_000))
          return assert.strictEqual(served, "renewed")
        }).pipe(Effect.scoped),
      90_000
    )
  }

  it.live("POSH_API_KEYS_FILE changes nothing, whatever it holds; mended it is taken", () =>
    Effect.gen(function*() {
      const path = (yield* makeFolder)("keys")
      const [first, second] = [makeKey("first", "verify"), makeKey("second", "verify")]
      yield* put(path, formatKey(first.entry))
      const settings = Result.getOrThrow(readSettings({ POSH_API_KEYS_FILE: path }))
      const { layer, lines: errors } = collecting("Error")
      const keys = yield* readKeys(settings)
      const built = yield* Layer.build(
        Callers.layer(settings, { keys, byCertificate: false }).pipe(
          Layer.provideMerge(layer)
        )
      )
      const { identify } = Context.get(built, Callers)
      const isKnown = ({ secret }: typeof first) =>
        Result.isSuccess(identify({
          authorization: `Bearer ${Redacted.value(secret)}`,
          address: "192.0.2.1",
          peer: undefined,
          authorities: [],
          isForeign: false,
          isRelayed: false,
          isOpen: false
        }))
      const commented: Damage = { name: "has comments alone", put: (file) => writeFile(file, "# first:verify:…\n") }
      yield* suffer(path, "", [...damages, commented], "POSH_API_KEYS_FILE", errors, (name) =>
        Effect.sync(() =>
          assert.isTrue(isKnown(first), name)
        ))
      for (const line of errors) {
        assert.match(line, /; the keys stay as they were$/)
      }

      yield* put(path, formatKey(second.entry))
      yield* until(() =>
        isKnown(second), 5_000)
      assert.isFalse(isKnown(first))
    }).pipe(Effect.scoped), 90_000)
})
