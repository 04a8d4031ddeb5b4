/**
 * The decision log: what it says, what it hides, and that it is never in the way.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer, BatchResponse } from "@posh/api"
import { Behave, fingerprintsDocument, referenceDocument, sha256Base64 } from "@posh/testing"
import { Effect, Redacted } from "effect"
import { execFile } from "node:child_process"
import { hash } from "node:crypto"
import { existsSync, readFileSync, renameSync, statSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { makeMask } from "../../src/telemetry/decisions/mask.ts"
import { makeWorld, spawnService, startService, until, valueOf } from "./world.ts"

interface Line {
  readonly id: string
  readonly time: string
  readonly caller: string
  readonly question: Readonly<Record<string, unknown>>
  readonly answer: Readonly<Record<string, unknown>>
  readonly evidence?: string
  readonly fetchedAt?: string
  readonly micros: { readonly total: number; readonly origin: number }
}

const linesOf = (text: string): ReadonlyArray<Line> =>
  text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line)

const read = (file: string) => linesOf(readFileSync(file, "utf8"))

/** As the guide has it, for a host that is on loopback. */
const recipe = `curl -s --compressed --cacert "$1" --connect-to "$2" "https://$3$4" | sha256sum`

describe("the decision log in a file", () => {
  it.live(
    "has one record a verdict, with what was asked and answered, and all of them when the service stops",
    () =>
      Effect.gen(function*() {
        const { env, folder, server, stranger } = yield* makeWorld
        const file = join(folder, "decisions.ndjson")
        const { post, stop } = yield* startService({ ...env, POSH_DECISION_LOG: file })
        const good = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
        const answers: Array<Answer> = []
        for (
          const question of [
            good,
            good,
            { ...good, certificate: stranger.pem, nameCheck: "source", deadlineMs: 5_000 },
            { ...good, domain: "BROKEN.example", service: "_xmpp-server._tcp" },
            { domain: "refused.example", service: "xmpp-server", fingerprint: { "sha-512": "00".repeat(64) } }
          ]
        ) answers.push(JSON.parse((yield* post("/v1/verify", question)).text))
        const batch = yield* post("/v1/verify/batch", { requests: [good, good, { ...good, service: "smtp" }] })
        const { results } = JSON.parse(batch.text) as BatchResponse
        answers.push((results[0] as { readonly answer: Answer }).answer)
        assert.strictEqual((results[1] as { readonly answer: Answer }).answer.id, answers.at(-1)?.id)
        yield* post("/v1/verify", { ...good, service: "smtp" }) // no verdict, no record
        assert.strictEqual(yield* stop, 0)

        const lines = read(file)
        assert.deepStrictEqual(lines.map(({ id }) => id), answers.map(({ id }) => id))
        for (const [index, { answer, question }] of lines.entries()) {
          const given = answers[index]
          const members = ["verdict", "code", "prooftype", "generation", "cache", "validUntil"] as const
          assert.deepStrictEqual(members.map((name) => answer[name]), members.map((name) => given?.[name]))
          assert.deepInclude(question, { domain: given?.domain, service: given?.service })
        }
        const [cold, warm, mismatch, broken, refused] = lines
        assert.deepStrictEqual(cold?.question, {
          domain: "good.example",
          service: "xmpp-server",
          sha256: sha256Base64(server.der)
        })
        assert.deepInclude(mismatch?.question, { nameCheck: "source", deadlineMs: 5_000 })
        assert.deepInclude(refused?.question, { by: "fingerprint" })
        assert.isTrue(lines.every(({ caller }) => caller === "anyone"))
        assert.isTrue(
          lines.every(({ answer, evidence }) =>
            answer["verdict"] === "indeterminate" || /^[0-9a-f]{64}$/.test(evidence ?? "")
          )
        )
        assert.strictEqual(cold?.evidence, warm?.evidence, "one document, one digest")
        assert.strictEqual(broken?.evidence, hash("sha256", "{", "hex"), "of what was refused too")
        assert.deepStrictEqual([refused?.answer["verdict"], refused?.evidence], ["indeterminate", undefined])
        assert.isAbove(cold?.micros.origin ?? 0, 0)
        assert.isAtLeast(cold?.micros.total ?? 0, cold?.micros.origin ?? 0)
        assert.strictEqual(warm?.micros.origin, 0)
        assert.strictEqual(statSync(file).mode & 0o7777, 0o640)
        for (const secret of ["BEGIN CERTIFICATE", Buffer.from(server.der).toString("base64").slice(40, 80)]) {
          assert.notInclude(readFileSync(file, "utf8"), secret)
        }
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "names the document by a digest that anybody can compute, and the time when it was fetched",
    () =>
      Effect.gen(function*() {
        const { caFile, env, folder, origins, server } = yield* makeWorld
        const file = join(folder, "evidence.ndjson")
        const compute = (host: string, path: string) =>
          Effect.promise(() =>
            promisify(execFile)("sh", ["-c", recipe, "sh", caFile, `${host}:443:127.0.0.1:${origins.port}`, host, path])
          ).pipe(Effect.map(({ stdout }) => stdout.slice(0, 64)))
        /** Asked by a service that remembers nothing. */
        const ask = (...domains: ReadonlyArray<string>) =>
          Effect.gen(function*() {
            const { post, stop } = yield* startService({ ...env, POSH_DECISION_LOG: file })
            for (const domain of domains) {
              yield* post("/v1/verify", { domain, service: "xmpp-server", certificate: server.pem })
            }
            yield* stop
          }).pipe(Effect.scoped)
        const path = "/.well-known/posh/xmpp-server.json"
        const document = fingerprintsDocument([server], { expires: 3_600 })
        origins.setRoute("hosting.example", "/posh.json", Behave.gzip({ ...document, comment: "hosting" }))
        origins.setRoute(
          "hosted.example",
          path,
          Behave.json(referenceDocument("https://hosting.example/posh.json", 60))
        )

        yield* ask("good.example", "hosted.example")
        const unchanged = yield* compute("good.example", path)
        const referenced = yield* compute("hosting.example", "/posh.json")
        yield* ask("good.example")
        origins.setRoute("good.example", path, Behave.json({ ...document, comment: "changed" }))
        yield* ask("good.example")
        const changed = yield* compute("good.example", path)

        const lines = read(file)
        assert.deepStrictEqual(lines.map(({ answer }) => answer["code"]), Array.from({ length: 4 }, () => "Verified"))
        assert.deepStrictEqual(lines.map(({ evidence }) => evidence), [unchanged, referenced, unchanged, changed])
        assert.strictEqual(new Set([unchanged, referenced, changed]).size, 3)
        assert.isBelow(Date.parse(lines[0]?.fetchedAt ?? ""), Date.parse(lines[2]?.fetchedAt ?? ""))
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("masks what it is told to, so that equal values stay equal", () =>
    Effect.gen(function*() {
      const { env, folder, server } = yield* makeWorld
      const file = join(folder, "masked.ndjson")
      const key = "k".repeat(32)
      const { post, stop } = yield* startService({
        ...env,
        POSH_DECISION_LOG: file,
        POSH_DECISION_LOG_MASK: "domain,caller,certificate",
        POSH_DECISION_LOG_KEY: key
      })
      const good = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      for (const domain of ["good.example", "GOOD.example", "broken.example"]) {
        yield* post("/v1/verify", { ...good, domain, derivedDomain: "derived.example" })
      }
      yield* stop
      const text = readFileSync(file, "utf8")
      for (const hidden of ["example", "anyone", sha256Base64(server.der), key]) assert.notInclude(text, hidden)
      const [one, two, three] = linesOf(text)
      assert.strictEqual(one?.question["domain"], two?.question["domain"])
      assert.notStrictEqual(one?.question["domain"], three?.question["domain"])
      const mask = makeMask(["domain"], Redacted.make(key))
      assert.strictEqual(one?.question["domain"], mask("domain", "good.example"))
      assert.strictEqual(one?.answer["verdict"], "verified")
    }).pipe(Effect.scoped), 120_000)

  it.live("goes on in a new file after SIGHUP", () =>
    Effect.gen(function*() {
      const { env, folder, server } = yield* makeWorld
      const file = join(folder, "rotated.ndjson")
      const { child, post, stop } = yield* startService({ ...env, POSH_DECISION_LOG: file })
      const ask = post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem })
      yield* ask
      yield* until(() => existsSync(file) && read(file).length === 1)
      renameSync(file, `${file}.1`)
      child.kill("SIGHUP")
      yield* ask
      yield* ask
      yield* until(() => existsSync(file) && read(file).length > 0)
      yield* stop
      assert.strictEqual(read(file).length + read(`${file}.1`).length, 3)
    }).pipe(Effect.scoped), 120_000)

  it.live("a disk that is full costs records, and no answer", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const { get, output, post } = yield* startService({ ...env, POSH_DECISION_LOG: "/dev/full" })
      const ask = post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem })
      for (let turn = 0; turn < 5; turn += 1) {
        assert.strictEqual((yield* ask).status, 200)
        yield* Effect.sleep(100)
      }
      const { text } = yield* get("/metrics")
      assert.isAbove(valueOf(text, `posh_decision_log_records_total{result="dropped"}`), 0)
      assert.strictEqual(valueOf(text, `posh_decision_log_records_total{result="written"}`), 0)
      assert.strictEqual(output.stdout.split("The decision log cannot be written").length, 2, "one line, not five")
      assert.include(output.stdout, "ENOSPC")
    }).pipe(Effect.scoped), 120_000)

  it.live("a file that cannot be opened stops the start", () =>
    Effect.gen(function*() {
      const { folder } = yield* makeWorld
      const path = join(folder, "none", "log")
      const { ended, output } = yield* spawnService({ POSH_DECISION_LOG: path })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.strictEqual(output.stderr, `posh: POSH_DECISION_LOG: cannot open ${path} (ENOENT)\n`)
    }).pipe(Effect.scoped), 120_000)
})

describe("the decision log on standard output", () => {
  it.live("a reader that stopped reading keeps no answer waiting", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const { child, output, post, get } = yield* startService({ ...env, POSH_DECISION_LOG: "stdout" })
      const good = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      yield* post("/v1/verify", good)
      yield* until(() => output.stdout.includes(`"verdict":"verified"`))
      child.stdout?.pause()
      // More than a pipe holds: 64 KiB, and what the streams of both sides keep.
      const requests = Array.from({ length: 1_000 }, (_, index) => ({ ...good, deadlineMs: 1_000 + index }))
      const startedAt = performance.now()
      for (let turn = 0; turn < 3; turn += 1) {
        const { status } = yield* post("/v1/verify/batch", { requests })
        assert.strictEqual(status, 200)
      }
      assert.strictEqual((yield* get("/health/live")).status, 200)
      assert.isBelow(performance.now() - startedAt, 60_000) // else it waits for ever
      child.stdout?.resume()
      yield* until(() => output.stdout.split(`"verdict":"verified"`).length > 3_000)
    }).pipe(Effect.scoped), 120_000)
})
