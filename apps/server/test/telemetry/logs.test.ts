/**
 * The log: whole lines, whatever strangers send, and nothing secret.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { bounded } from "../../src/telemetry/logging.ts"
import { makeWorld, spawnService, startService } from "./world.ts"

const hostile = `\u001b[2J\r\u0000\u2028\u009b31m\u202e\ud800${"x".repeat(100_000)}`

const logged = (effect: Effect.Effect<void>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.map(bounded(Logger.formatJson), (line) => void lines.push(line))
    return Effect.as(effect, lines).pipe(Effect.provide(Logger.layer([logger])))
  })

describe("a line of the log (POSH-SEC-14)", () => {
  it.effect.each<readonly [string, Effect.Effect<void>]>([
    ["with a message from outside", Effect.logInfo(hostile, hostile)],
    [
      "with a fault from outside",
      Effect.catchCause(Effect.die(new Error(hostile)), (cause) => Effect.logError("a defect", cause))
    ],
    ["with an error beside the message", Effect.logError("a defect", new Error(hostile))],
    ["with an annotation from outside", Effect.logInfo("x").pipe(Effect.annotateLogs({ why: hostile }))],
    [
      "with something thrown that is no error",
      Effect.catchCause(Effect.die(hostile), (cause) => Effect.logError("a defect", cause))
    ]
  ])("%s is bounded, and says nothing to a terminal", ([, effect]) =>
    Effect.gen(function*() {
      const [line = ""] = yield* logged(effect)
      assert.isBelow(line.length, 16_000)
      const text = JSON.stringify(Object.values(JSON.parse(line)))
      assert.include(text, "\\\\u{1b}[2J")
      const values = Object.values(JSON.parse(line)).flatMap((value) => Object.values(Object(value)))
      assert.notMatch(values.map(String).join(), /(?!\n)[\p{C}\p{Zl}]/u)
    }))

  it.effect("still has the stack of a fault of ours", () =>
    Effect.gen(function*() {
      const [line = ""] = yield* logged(
        Effect.catchCause(Effect.die(new Error("a defect")), (cause) => Effect.logError("met", cause))
      )
      assert.match(JSON.parse(line).cause, /Error: a defect\n\s+at .*logs\.test\.ts/)
    }))
})

describe("secrets", () => {
  const secret = "d1b5ecf2a9".repeat(4)

  it.live("appear in no line, at any level, whatever goes wrong", () =>
    Effect.gen(function*() {
      const { env, folder, server } = yield* makeWorld
      const { get, output, post, stop } = yield* startService({
        ...env,
        POSH_LOG_LEVEL: "trace",
        POSH_CACHE_SECRET: secret,
        POSH_REDIS_URL: `redis://user:${secret}@127.0.0.1:1`,
        POSH_DECISION_LOG: `${folder}/log`,
        POSH_DECISION_LOG_KEY: secret,
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret}`,
        POSH_TRACE_SAMPLE: "1"
      })
      const headers = { authorization: `Bearer ${secret}` }
      yield* post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem }, headers)
      yield* post("/v1/verify", { domain: "refused.example", service: "xmpp-server", certificate: server.pem }, headers)
      yield* get(`/nothing?key=${secret}`, headers)
      const metrics = yield* get("/metrics", headers)
      yield* stop
      assert.notInclude(output.stdout + output.stderr + metrics.text, secret)
      assert.include(output.stdout, "Traces cannot be exported")
    }).pipe(Effect.scoped), 120_000)

  it.live.each<readonly [string, string]>([
    ["POSH_DECISION_LOG_KEY", "short-secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "no pair with a short-secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "key=%zzshort-secret"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:short-secret@127.0.0.1"]
  ])("%s: a fault repeats no secret", ([name, value]) =>
    Effect.gen(function*() {
      const { ended, output } = yield* spawnService({ [name]: value })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(output.stderr, new RegExp(`^posh: ${name}: [^\n]*\n$`))
      assert.notInclude(output.stderr, "short-secret")
    }).pipe(Effect.scoped))
})
