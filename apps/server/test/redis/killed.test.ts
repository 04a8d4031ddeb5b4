/**
 * SIGKILL at any moment: during the start, a fetch, a write to Redis, a write of the decision log. The next process
 * answers correctly.
 */
import { assert, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run, started } from "../process/processes.ts"
import { disagreement } from "./world.ts"

/** Milliseconds from the start of a process to its end, or from when it listens. */
const lives = [
  { since: "start", ms: 40 },
  { since: "start", ms: 300 },
  { since: "listening", ms: 0 },
  { since: "listening", ms: 30 },
  { since: "listening", ms: 100 },
  { since: "listening", ms: 300 },
  { since: "listening", ms: 1_000 }
]
const domains = Array.from({ length: 200 }, (_, index) => `d${index}.example`)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-killed-"))),
  (name) => Effect.promise(() => rm(name, { recursive: true }))
)

const ask = (port: number, domain: string, certificate: string) =>
  fetch(`http://127.0.0.1:${port}/v1/verify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ domain, service: "xmpp-server", certificate })
  }).then((response) => response.json() as Promise<Answer>)

/** Asks about one domain after the other until the process is gone. */
const keepAsking = async (port: number, certificate: string, alive: () => boolean): Promise<void> => {
  for (let index = 0; alive(); index += 1) {
    const answer = await ask(port, domains[index % domains.length] ?? "", certificate).catch(() => undefined)
    if (answer !== undefined) assert.isTrue(answer.valid, JSON.stringify(answer))
  }
}

it.live("a process that is killed loses nothing that the next one needs", () =>
  Effect.gen(function*() {
    const certificate = yield* selfSigned()
    const document = Behave.json(fingerprintsDocument([certificate], { expires: 3_600 }))
    const origins = yield* makeOrigins()
    origins.setFallback((_host, path) => path === "/.well-known/posh/xmpp-server.json" ? document : undefined)
    const redis = yield* makeRedis()
    const place = yield* folder
    const caFile = join(place, "ca.pem")
    const decisions = join(place, "decisions.ndjson")
    yield* Effect.promise(() => writeFile(caFile, origins.caPem))
    const env = {
      POSH_REDIS_URL: redis.url,
      POSH_REDIS_TIMEOUT: "2s", // however busy the machine is
      POSH_CACHE_SECRET: "a secret that is long enough for anybody",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: caFile,
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_DECISION_LOG: decisions
    }

    for (const { ms, since } of lives) {
      const { child, ended, port } = yield* since === "start"
        ? Effect.map(run(env), (process) => ({ ...process, port: 0 }))
        : started(env)
      const state = { alive: true }
      const kill = Effect.promise(() => {
        state.alive = false
        child.kill("SIGKILL")
        return ended
      })
      yield* Effect.all([
        port === 0 ? Effect.void : Effect.promise(() => keepAsking(port, certificate.pem, () => state.alive)),
        Effect.andThen(Effect.sleep(ms), kill)
      ], { concurrency: 2 })
      assert.deepStrictEqual((yield* disagreement(redis)).unindexed, [], `killed ${ms} ms after ${since}`)
    }

    const { child, ended, port } = yield* started(env)
    const answers = yield* Effect.forEach(
      domains,
      (domain) => Effect.promise(() => ask(port, domain, certificate.pem)),
      { concurrency: 8 }
    )
    assert.deepStrictEqual(answers.filter(({ valid }) => !valid), [])
    assert.isAbove(answers.filter(({ cache }) => cache === "redis").length, 0, "what the killed ones learnt is there")
    child.kill("SIGTERM")
    assert.strictEqual(yield* Effect.promise(() => ended), 0)
    const lines = (yield* Effect.promise(() => readFile(decisions, "utf8"))).trimEnd().split("\n").slice(
      -domains.length
    )
    const written = lines.map((line) => (JSON.parse(line) as { readonly id: string }).id)
    assert.sameMembers(written, answers.map(({ id }) => id))
  }), 120_000)
