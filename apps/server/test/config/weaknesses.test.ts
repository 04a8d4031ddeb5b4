/**
 * What weakens the service is said at the start, or refused.
 */
import { assert, describe, it } from "@effect/vitest"
import { daysFromNow, issue, rootCa } from "@posh/testing"
import { Effect, Result } from "effect"
import { chmod, writeFile } from "node:fs/promises"
import { type Environment, readSettings } from "../../src/config/Config.ts"
import { ineffectiveSecrets } from "../../src/config/ineffective.ts"
import { readStanding } from "../../src/config/standing.ts"
import { type StartFacts, weaknessesOf, type WeaknessName, weaknessNames } from "../../src/config/weaknesses.ts"
import { ownCertificates } from "../../src/process/ownCertificates.ts"
import { makeFolder } from "../access/world.ts"

const now = Date.now()
const facts: StartFacts = { now, keys: undefined, files: [], certificates: [] }
const settingsOf = (env: Environment) => Result.getOrThrow(readSettings(env))
const keys = `ops:admin:${"0".repeat(64)}`
const open = { POSH_HOST: "0.0.0.0" }
const tls = { POSH_TLS_CERT_FILE: "/c", POSH_TLS_KEY_FILE: "/k" }
const sealed = { POSH_CACHE_SECRET: "s".repeat(32) }
const bearer = { OTEL_EXPORTER_OTLP_HEADERS: "authorization=x" }
const file = (mode: number) => ({ files: [{ name: "POSH_TLS_KEY_FILE", path: "/k", mode: 0o100_000 | mode }] })

const certificates = await Effect.runPromise(Effect.gen(function*() {
  const ca = yield* rootCa({ subject: "CN=Web CA" })
  const of = (notBefore: number, notAfter: number) =>
    issue(ca, { dnsNames: ["posh.example"], notBefore: daysFromNow(notBefore), notAfter: daysFromNow(notAfter) })
  return { ca, good: yield* of(-1, 30), soon: yield* of(-1, 13), past: yield* of(-9, -1), future: yield* of(1, 9) }
}))
const own = (name: keyof typeof certificates) => ({
  certificates: ownCertificates({ POSH_TLS_CERT_FILE: certificates[name].pem })
})

describe("weaknessesOf", () => {
  const rows: ReadonlyArray<
    readonly [name: string, env: Environment, facts: Partial<StartFacts>, by: ReadonlyArray<WeaknessName>]
  > = [
    ["nothing set", {}, {}, []],
    ["everybody, on this machine", { POSH_AUTH: "none" }, {}, []],
    ["everybody, on any address", { ...open, POSH_AUTH: "none" }, {}, ["auth-none"]],
    ["everybody, on any IPv6 address", { POSH_HOST: "::", POSH_AUTH: "none" }, {}, ["auth-none"]],
    ["keys on this machine", { POSH_API_KEYS: keys }, { keys: 1 }, []],
    ["keys in the clear", { ...open, POSH_API_KEYS: keys }, { keys: 1 }, ["keys-plain"]],
    ["keys over TLS", { ...open, ...tls, POSH_API_KEYS: keys }, { keys: 1 }, []],
    ["no keys", { ...open, ...tls, POSH_API_KEYS_FILE: "/keys" }, { keys: 0 }, ["no-keys"]],
    ["no keys on this machine", { POSH_API_KEYS_FILE: "/keys" }, { keys: 0 }, []],
    [
      "no keys, and certificates of callers",
      { ...open, ...tls, POSH_API_KEYS_FILE: "/keys", POSH_TLS_CLIENT_CA_FILE: "/ca" },
      { keys: 0 },
      []
    ],
    ["a file of mode 0600", {}, file(0o600), []],
    ["a file of mode 0440", {}, file(0o440), []],
    ["a file of mode 0644", {}, file(0o644), ["readable-file"]],
    ["a file of mode 0620", {}, file(0o620), ["readable-file"]],
    ["a file of mode 0602", {}, file(0o602), ["readable-file"]],
    ["a certificate for a month", {}, own("good"), []],
    ["a certificate for two weeks", {}, own("soon"), []],
    ["a certificate that has expired", {}, own("past"), ["certificate-dates"]],
    ["a certificate of tomorrow", {}, own("future"), ["certificate-dates"]],
    ["Redis, sealed, here", { ...sealed, POSH_REDIS_URL: "redis://localhost" }, {}, []],
    ["Redis over a socket", { ...sealed, POSH_REDIS_URL: "unix:///run/redis.sock" }, {}, []],
    ["Redis without a secret", { POSH_REDIS_URL: "redis://[::1]:6379" }, {}, ["redis-unsealed"]],
    ["Redis elsewhere over TLS", { ...sealed, POSH_REDIS_URL: "rediss://cache.example" }, {}, []],
    ["Redis elsewhere", { ...sealed, POSH_REDIS_URL: "redis://cache.example" }, {}, ["redis-plain"]],
    [
      "nodes of which one is elsewhere",
      { ...sealed, POSH_REDIS_MODE: "cluster", POSH_REDIS_URL: "redis://127.0.0.1,redis://192.0.2.1" },
      {},
      ["redis-plain"]
    ],
    ["a collector here", { ...bearer, OTEL_EXPORTER_OTLP_ENDPOINT: "http://[::1]:4318" }, {}, []],
    ["a collector over TLS", { ...bearer, OTEL_EXPORTER_OTLP_ENDPOINT: "https://c.example" }, {}, []],
    ["a collector elsewhere", { ...bearer, OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.example" }, {}, ["collector-plain"]],
    [
      "a collector of traces elsewhere",
      { ...bearer, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c.example/t" },
      {},
      ["collector-plain"]
    ],
    ["a collector elsewhere without headers", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.example" }, {}, []],
    ["a network of one's own", { POSH_ALLOW_NETWORKS: "10.1.0.0/16,fd12::/16" }, {}, []],
    ["all networks", { POSH_ALLOW_NETWORKS: "0.0.0.0/0" }, {}, ["allowed-networks"]],
    ["half of them", { POSH_ALLOW_NETWORKS: "10.0.0.0/8, 128.0.0.0/1" }, {}, ["allowed-networks"]],
    ["all of IPv6", { POSH_ALLOW_NETWORKS: "::/0" }, {}, ["allowed-networks"]],
    ["this machine", { POSH_ALLOW_NETWORKS: "127.0.0.0/8" }, {}, ["allowed-networks"]],
    ["the metadata of a cloud", { POSH_ALLOW_NETWORKS: "169.254.0.0/16" }, {}, ["allowed-networks"]],
    ["keys that are public", { POSH_TRUST_DRAFT_EXAMPLES: "true" }, {}, ["draft-examples"]],
    ["SHA-1", { POSH_CHAIN_SHA1: "true" }, {}, ["chain-sha1"]],
    ["public keys", { POSH_MATCH: "spki" }, {}, ["match-spki"]]
  ]
  it.each(rows)("%s", (_, env, more, by) => {
    const found = weaknessesOf(settingsOf(env), { ...facts, ...more })
    assert.deepStrictEqual(found.map((one) => one.by), by)
    for (const { text } of found) assert.match(text, /^(POSH|OTEL)_[A-Z_0-9]+: [^\n]{10,250}$/)
  })

  it("every name has a row", () => {
    assert.sameMembers([...new Set(rows.flatMap(([, , , by]) => by))], [...weaknessNames])
  })
})

describe("readStanding", () => {
  const weak = { POSH_CHAIN_SHA1: "true", POSH_MATCH: "spki" }
  const pems = { POSH_TLS_CERT_FILE: certificates.past.pem }

  it.effect("warns of each; POSH_STRICT refuses, and names each", () =>
    Effect.gen(function*() {
      const file = (yield* makeFolder)("secret")
      yield* Effect.promise(() => writeFile(file, "x").then(() => chmod(file, 0o644)))
      const env = { ...weak, POSH_DECISION_LOG_KEY_FILE: file }
      const { warnings } = yield* readStanding(settingsOf(env), pems, undefined)
      assert.deepStrictEqual(
        warnings.map((line) => line.split(":")[0]),
        ["POSH_DECISION_LOG_KEY_FILE", "POSH_TLS_CERT_FILE", "POSH_CHAIN_SHA1", "POSH_MATCH"]
      )
      const { faults } = yield* Effect.flip(
        readStanding(settingsOf({ ...env, POSH_STRICT: "true" }), pems, undefined)
      )
      assert.deepStrictEqual(faults, [...warnings, "POSH_STRICT: true refuses to start with these"])
    }).pipe(Effect.scoped))

  it.live("warns of a certificate that ends within 14 days, which POSH_STRICT lets pass", () =>
    Effect.gen(function*() {
      const settings = settingsOf({ POSH_STRICT: "true" })
      const { warnings } = yield* readStanding(settings, { POSH_EXTRA_CA_FILE: certificates.soon.pem }, undefined)
      assert.strictEqual(warnings.length, 1)
      assert.match(
        warnings[0] ?? "",
        /^POSH_EXTRA_CA_FILE: the certificate of CN=posh\.example ends at 2\S+Z: renew it$/
      )
      const both = `${certificates.ca.pem}${certificates.soon.pem}${certificates.good.pem}`
      const soonest = yield* readStanding(settings, { POSH_EXTRA_CA_FILE: both }, undefined)
      assert.deepStrictEqual(soonest.warnings, warnings)
      assert.deepStrictEqual((yield* readStanding(settings, {}, undefined)).warnings, [])
    }))
})

describe("ineffectiveSecrets", () => {
  it.each<readonly [name: string, env: Environment, warnings: number]>([
    ["POSH_CACHE_SECRET", sealed, 1],
    ["POSH_CACHE_SECRET with Redis", { ...sealed, POSH_REDIS_URL: "redis://localhost" }, 0],
    ["POSH_DECISION_LOG_KEY", { POSH_DECISION_LOG_KEY: "k".repeat(32) }, 1],
    ["POSH_DECISION_LOG_KEY", { POSH_DECISION_LOG_KEY: "k".repeat(32), POSH_DECISION_LOG_MASK: "domain" }, 0],
    ["OTEL_EXPORTER_OTLP_HEADERS", bearer, 1],
    ["OTEL_EXPORTER_OTLP_HEADERS", { ...bearer, OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.example" }, 0]
  ])("%s", (name, env, count) => {
    const warnings = ineffectiveSecrets(settingsOf(env))
    assert.strictEqual(warnings.length, count)
    for (const warning of warnings) assert.isTrue(warning.startsWith(`${name.split(" ")[0]} has no effect without`))
  })
})
