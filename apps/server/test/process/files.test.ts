/**
 * Unusable key and TLS files stop the start.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { writeFile } from "node:fs/promises"
import { inspect } from "node:util"
import { readAccess } from "../../src/access/access.ts"
import { readSettings } from "../../src/config/Config.ts"
import { certificates, makeFolder } from "../access/world.ts"

const good = {
  cert: certificates.server.pem,
  key: certificates.server.keyPem,
  ca: certificates.fleetCa.pem,
  keys: `ops:admin:${"0".repeat(64)}\n`
}

const read = (files: Partial<typeof good>) =>
  Effect.gen(function*() {
    const path = yield* makeFolder
    for (const [name, text] of Object.entries({ ...good, ...files })) {
      yield* Effect.promise(() => writeFile(path(name), text))
    }
    return yield* readAccess(Result.getOrThrow(readSettings({
      POSH_TLS_CERT_FILE: path("cert"),
      POSH_TLS_KEY_FILE: path("key"),
      POSH_TLS_CLIENT_CA_FILE: path("ca"),
      POSH_API_KEYS_FILE: path("keys")
    })))
  })

describe("the files at the start", () => {
  const { foreign, renewed, webCa } = certificates
  const cut = certificates.fleetCa.pem.slice(0, 99)
  const rows: ReadonlyArray<readonly [name: string, files: Partial<typeof good>, fault: RegExp]> = [
    ["no certificate", { cert: "x" }, /^POSH_TLS_CERT_FILE: \S*cert holds no PEM certificate$/],
    [
      "a block that is no certificate",
      { cert: `${good.cert}${good.key}` },
      /^POSH_TLS_CERT_FILE: .* block 2 that is no/
    ],
    ["a malformed key", { key: "x" }, /^POSH_TLS_KEY_FILE: \S*key holds no PEM private key without a passphrase$/],
    [
      "the key of another certificate",
      { key: renewed.keyPem },
      /^POSH_TLS_CERT_FILE, POSH_TLS_KEY_FILE: are not a pair$/
    ],
    [
      "a CA that is cut off",
      { ca: `${good.ca}${cut}` },
      /^POSH_TLS_CLIENT_CA_FILE: \S*ca has a PEM block that is cut off$/
    ],
    ["a malformed CA", { ca: "" }, /^POSH_TLS_CLIENT_CA_FILE: \S*ca holds no PEM certificate$/],
    [
      "a file of keys of 2 MiB",
      { keys: "#".repeat(2 * 1024 * 1024) },
      /^POSH_API_KEYS_FILE: cannot read .*larger than/
    ],
    ["two of them", { keys: "x", ca: "" }, /^POSH_API_KEYS_FILE: line 1: [^;]*; POSH_TLS_CLIENT_CA_FILE: [^;]*$/]
  ]
  for (const [name, files, fault] of rows) {
    it.effect(`${name}: refused`, () =>
      Effect.gen(function*() {
        const { message } = yield* Effect.flip(read(files))
        assert.match(message, fault)
        assert.notInclude(message, "PRIVATE KEY")
      }))
  }

  it.effect("may hold several CAs, and a certificate chain", () =>
    Effect.gen(function*() {
      const access = yield* read({ ca: `${good.ca}\n${foreign.pem}`, cert: `${good.cert}${webCa.pem}` })
      assert.isTrue(access.guard.byCertificate)
      assert.deepStrictEqual(access.guard.keys?.map(({ name }) => name), ["ops"])
    }))

  it.effect("the private key is in no text form of them", () =>
    Effect.gen(function*() {
      const access = yield* read({})
      assert.notInclude(`${JSON.stringify(access)} ${inspect(access, { depth: 9 })}`, "PRIVATE KEY")
    }))

  it.effect("without any of them, there is no authentication", () =>
    Effect.gen(function*() {
      const access = yield* readAccess(Result.getOrThrow(readSettings({})))
      assert.deepStrictEqual(access, { guard: { byCertificate: false } })
    }))
})
