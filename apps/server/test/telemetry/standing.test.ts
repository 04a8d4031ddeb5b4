/**
 * How the service stands, in its metrics and its log: certificates that end, what weakens it, and what it must not say.
 */
import { assert, describe, it } from "@effect/vitest"
import { daysFromNow, issue } from "@posh/testing"
import { Effect } from "effect"
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { certificates, makeFolder } from "../access/world.ts"
import { run, until } from "../process/processes.ts"
import { makeCollector, makeWorld, startService, valueOf } from "./world.ts"

const linesOf = (stdout: string) =>
  stdout.trim().split("\n").map((line) =>
    JSON.parse(line) as {
      readonly level: string
      readonly message: string
      readonly annotations: Readonly<Record<string, string>>
    }
  )

describe("certificates of the service's own", () => {
  it.live(
    "are in the metrics, at the start and after a reload, and in the log with their dates",
    () =>
      Effect.gen(function*() {
        const path = yield* makeFolder
        const { env } = yield* makeWorld
        const soon = yield* issue(certificates.webCa, {
          dnsNames: ["posh.example"],
          ipAddresses: ["127.0.0.1"],
          notAfter: daysFromNow(5)
        })
        const put = ({ keyPem, pem }: typeof soon) =>
          Effect.promise(() => Promise.all([writeFile(path("c"), pem), writeFile(path("k"), keyPem, { mode: 0o600 })]))
        yield* put(certificates.server)
        const service = yield* startService({
          ...env,
          POSH_TLS_CERT_FILE: path("c"),
          POSH_TLS_KEY_FILE: path("k"),
          POSH_MATCH: "spki",
          NODE_TLS_REJECT_UNAUTHORIZED: "0"
        })
        const { output } = service
        assert.match(output.stdout, /"level":"WARN"[^\n]*POSH_MATCH: spki accepts|POSH_MATCH: spki accepts[^\n]*"WARN"/)

        yield* put(soon)
        yield* until(() => output.stdout.includes("TLS has new files"), 20_000)
        yield* until(() => output.stdout.includes("renew it"), 20_000)
        const taken = linesOf(output.stdout).find(({ message }) => message === "TLS has new files")
        assert.deepInclude(taken?.annotations, { subject: "CN=posh.example", issuer: "CN=Web CA" })
        assert.match(taken?.annotations["notAfter"] ?? "", /^20\d\d-.*Z$/)
        const warned = linesOf(output.stdout).filter(({ level }) => level === "WARN").map(({ message }) => message)
        assert.match(
          warned.at(-1) ?? "",
          /^POSH_TLS_CERT_FILE: the certificate of CN=posh\.example ends at .*: renew it$/
        )
      }).pipe(Effect.scoped),
    120_000
  )
})

describe("POSH_EXTRA_CA_FILE", () => {
  it.live("changes nothing while it is unusable; new roots are trusted, and shown", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const file = (yield* makeFolder)("roots.pem")
      const write = (text: string) => Effect.promise(() => writeFile(file, text))
      yield* write(certificates.webCa.pem)
      const { get, output, post } = yield* startService({ ...env, POSH_EXTRA_CA_FILE: file })
      const shown = Effect.map(
        get("/metrics"),
        ({ text }) => valueOf(text, "posh_tls_certificate_not_after_seconds{file=\"POSH_EXTRA_CA_FILE\"}")
      )
      const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime() / 1_000
      assert.strictEqual(yield* shown, endOf(certificates.webCa.pem))

      yield* write(` ${certificates.webCa.pem.slice(0, 99)}`)
      yield* until(() => /POSH_EXTRA_CA_FILE: [^\n"]*; the roots stay as they were/.test(output.stdout), 20_000)

      const roots = readFileSync(env.POSH_EXTRA_CA_FILE, "utf8")
      yield* write(roots)
      yield* until(() => output.stdout.includes("POSH_EXTRA_CA_FILE: new roots are trusted"), 20_000)
      const asked = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      assert.include((yield* post("/v1/verify", asked)).text, "\"verified\"")
      yield* Effect.sleep(1_500) // metrics are rendered so often at the most
      assert.strictEqual(yield* shown, endOf(roots))
    }).pipe(Effect.scoped), 120_000)
})

describe("OTEL_EXPORTER_OTLP_HEADERS_FILE", () => {
  it.live("gives later batches its new headers", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const collector = yield* makeCollector
      const file = (yield* makeFolder)("headers")
      const write = (word: string) => Effect.promise(() => writeFile(file, `authorization=${word}\n`, { mode: 0o600 }))
      yield* write("first")
      const { output, post } = yield* startService({
        ...env,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS_FILE: file,
        POSH_TRACE_SAMPLE: "1"
      })
      const send = (word: string) =>
        post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem }).pipe(
          Effect.andThen(until(() => collector.headers.some(({ authorization }) => authorization === word), 20_000))
        )
      yield* send("first")
      yield* write("second")
      yield* until(() => output.stdout.includes("OTEL_EXPORTER_OTLP_HEADERS_FILE: has a new value"), 20_000)
      yield* send("second")
    }).pipe(Effect.scoped), 120_000)
})

describe("the fault of a start", () => {
  it.live("is JSON where logs are to be JSON, and a line for people elsewhere", () =>
    Effect.gen(function*() {
      const json = yield* run({ POSH_LOG_FORMAT: "json", POSH_PORT: "x" })
      assert.strictEqual(yield* Effect.promise(() => json.ended), 1)
      const { level, message } = JSON.parse(json.output.stderr) as Record<string, string>
      assert.strictEqual(level, "ERROR")
      assert.match(message ?? "", /^POSH_PORT: must be/)
      const strict = yield* run({ POSH_STRICT: "true", POSH_MATCH: "spki", POSH_CHAIN_SHA1: "true" })
      assert.strictEqual(yield* Effect.promise(() => strict.ended), 1)
      assert.match(strict.output.stderr, /^posh: POSH_CHAIN_SHA1: [^;]*; POSH_MATCH: [^;]*; POSH_STRICT: true refuses/)
    }).pipe(Effect.scoped), 120_000)
})

describe("POSH_DECISION_LOG_MASK", () => {
  it.live("masks the debug log as well", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const { output, post, stop } = yield* startService({
        ...env,
        POSH_LOG_LEVEL: "debug",
        POSH_DECISION_LOG: "stdout",
        POSH_DECISION_LOG_MASK: "domain"
      })
      yield* post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem })
      yield* stop
      const hashes = [...output.stdout.matchAll(/"domain":"(hmac:[\w-]+)"/g)].map(([, hash]) => hash)
      assert.strictEqual(hashes.length, 2, output.stdout)
      assert.strictEqual(hashes[0], hashes[1])
      // The first line tells the settings.
      assert.notInclude(output.stdout.split("\n").slice(1).join("\n"), "good.example")
    }).pipe(Effect.scoped), 120_000)
})
