/**
 * What a running service exports is what the catalogue says, and it counts what happens.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { problem } from "@posh/api"
import { failures } from "@posh/core"
import { ensureInstalled, makeRedis } from "@posh/testing"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import type { RequestStage } from "../../src/http/Exchange.ts"
import { makeListener } from "../../src/http/listener/Listener.ts"
import { renderProblem, write } from "../../src/http/rendered.ts"
import { inOrder } from "../../src/http/serve.ts"
import { makeRequestCount } from "../../src/http/telemetry/requests.ts"
import { catalogue, type Labels, type Row } from "../../src/telemetry/catalogue.ts"
import { verdictCodes } from "../../src/telemetry/labels.ts"
import { makeMetrics, Metrics } from "../../src/telemetry/Metrics.ts"
import { makeWorld, startService, valueOf } from "./world.ts"

beforeAll(() => {
  ensureInstalled("promtool", "--version", "prometheus")
  ensureInstalled("redis-server", "--version")
}, 180_000)

/** Types and series of an exposition, without values. */
const shapeOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("# HELP"))
  return [...new Set(lines.map((line) => line.startsWith("#") ? line : line.slice(0, line.lastIndexOf(" "))))]
    .toSorted()
}

/** The same, as the catalogue promises it. */
const promised = (): ReadonlyArray<string> =>
  Object.entries<Row>(catalogue).flatMap(([name, row]) =>
    [`# TYPE ${name} ${row.type}`].concat(row.series.flatMap((labels) => seriesOf(name, row, labels)))
  ).toSorted()

const seriesOf = (name: string, { buckets = [], type }: Row, labels: Labels): ReadonlyArray<string> => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const braced = (...more: ReadonlyArray<string>) => {
    const all = pairs.concat(more)
    return all.length === 0 ? "" : `{${all.join(",")}}`
  }
  if (type !== "histogram") return [`${name}${braced()}`]
  const ends = [...buckets.map(String), "+Inf"]
  return ends.map((end) => `${name}_bucket${braced(`le="${end}"`)}`)
    .concat(`${name}_sum${braced()}`, `${name}_count${braced()}`)
}

describe("GET /metrics", () => {
  it.live("is rendered so often at the most, whoever asks, and is still the truth after a moment", () =>
    Effect.gen(function*() {
      const { env } = yield* makeWorld
      const { get } = yield* startService(env)
      const scrapes = yield* Effect.forEach(Array.from({ length: 200 }), () => get("/metrics"), { concurrency: 10 })
      assert.isTrue(scrapes.every(({ status }) => status === 200))
      // The process says how much of the processor it has used, to the nanosecond: no two renderings are the same.
      const renderings = new Set(scrapes.map(({ text }) => text)).size
      assert.isBelow(renderings, 60)
      yield* get("/nothing")
      const seen = get("/metrics").pipe(
        Effect.map(({ text }) => valueOf(text, `posh_http_requests_total{route="other",status="4xx"}`)),
        Effect.repeat({ until: (count) => count > 0 }),
        Effect.timeout("10 seconds")
      )
      assert.strictEqual(yield* seen, 1)
    }).pipe(Effect.scoped))

  it.live("exports the catalogue, exactly, from the start and after questions", () =>
    Effect.gen(function*() {
      const { env, server, stranger } = yield* makeWorld
      const { get, post } = yield* startService(env)
      const first = yield* get("/metrics")
      assert.strictEqual(first.status, 200)
      assert.strictEqual(first.type, "text/plain; version=0.0.4; charset=utf-8")
      assert.deepStrictEqual(shapeOf(first.text), promised())
      const checked = spawnSync("promtool", ["check", "metrics"], { input: first.text, encoding: "utf8" })
      assert.strictEqual(`${checked.stdout}${checked.stderr}`, "")

      const good = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      yield* post("/v1/verify", good)
      yield* post("/v1/verify", good)
      yield* post("/v1/verify", { ...good, certificate: stranger.pem })
      yield* post("/v1/verify", { ...good, domain: "broken.example" })
      yield* post("/v1/verify", { ...good, domain: "refused.example" })
      yield* post("/v1/verify", { ...good, service: "smtp" })
      yield* post("/v1/verify", { ...good, nameChek: "source" })
      yield* post("/v1/verify/batch", { requests: [good, good, { ...good, domain: "192.0.2.1" }] })
      yield* get("/nothing")
      yield* get("/v1/associations/good.example/xmpp-server?cursor=1")

      const { text } = yield* get("/metrics")
      assert.deepStrictEqual(shapeOf(text), promised())
      const expected: ReadonlyArray<readonly [series: string, value: number]> = [
        [`posh_verdicts_total{verdict="verified",code="Verified",whose="none",prooftype="posh"}`, 3], // the batch asked once
        [`posh_verdicts_total{verdict="mismatch",code="CertificateMismatch",whose="none",prooftype="posh"}`, 1],
        [`posh_verdicts_total{verdict="unusable-material",code="InvalidJson",whose="none",prooftype="posh"}`, 1],
        [`posh_verdicts_total{verdict="indeterminate",code="ConnectionRefused",whose="origin",prooftype="posh"}`, 1],
        [`posh_problems_total{code="UnsupportedService"}`, 1],
        [`posh_problems_total{code="InvalidRequest"}`, 2],
        [`posh_problems_total{code="InvalidSourceDomain"}`, 1],
        [`posh_problems_total{code="NotFound"}`, 1],
        [`posh_http_requests_total{route="POST /v1/verify",status="2xx"}`, 5],
        [`posh_http_requests_total{route="POST /v1/verify",status="4xx"}`, 2],
        [`posh_http_requests_total{route="POST /v1/verify/batch",status="2xx"}`, 1],
        [`posh_http_requests_total{route="GET /v1/associations/:domain/:service",status="4xx"}`, 1],
        [`posh_http_requests_total{route="other",status="4xx"}`, 1],
        [`posh_http_request_seconds_count{route="POST /v1/verify"}`, 7],
        [`posh_resolutions_total{generation="rfc7711",code="Resolved"}`, 2], // and again for the mismatch
        [`posh_resolutions_total{generation="rfc7711",code="InvalidJson"}`, 1],
        [`posh_resolution_seconds_count{generation="rfc7711"}`, 4],
        [`posh_outbound_requests_total{code="Answered"}`, 3],
        [`posh_outbound_requests_total{code="ConnectionRefused"}`, 1],
        [`posh_outbound_phase_seconds_count{phase="tls"}`, 3],
        [`posh_cache_lookups_total{tier="memory",result="hit"}`, 3],
        [`posh_cache_entries`, 3],
        [`posh_served_age_seconds_count`, 3],
        [`posh_fleet_leads_total{role="lead"}`, 4],
        [`posh_questions_waiting`, 0],
        [`posh_readiness{state="ready"}`, 1],
        [`posh_readiness{state="degraded"}`, 0]
      ]
      const counted = expected.map(([series]) => [series, valueOf(text, series)] as const)
      assert.deepStrictEqual(counted, expected)
      const least: ReadonlyArray<readonly [series: string, value: number]> = [
        ["process_resident_memory_bytes", 1e7],
        ["process_cpu_seconds_total", 0],
        ["process_open_fds", 10],
        ["process_max_fds", 100],
        ["nodejs_heap_size_used_bytes", 1e6],
        ["nodejs_external_memory_bytes", 0],
        ["posh_connections_open", 0],
        ["posh_connections_limit", 0],
        ["posh_questions_in_flight_limit", 1_999],
        ["posh_request_bodies_limit_bytes", 2 ** 20],
        ["posh_roots_newest_timestamp_seconds", Date.parse("2020-01-01") / 1_000]
      ]
      for (const [series, value] of least) assert.isAbove(valueOf(text, series), value, series)
    }).pipe(Effect.scoped), 120_000)

  it.live("tells of the shared cache, while it is there and when it is gone", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const redis = yield* makeRedis()
      const settings = { ...env, POSH_REDIS_URL: redis.url }
      const [one, other] = [yield* startService(settings), yield* startService(settings)]
      const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      yield* one.post("/v1/verify", question)
      yield* other.post("/v1/verify", question)
      const { text } = yield* other.get("/metrics")
      assert.deepStrictEqual(shapeOf(text), promised())
      assert.strictEqual(valueOf(text, `posh_cache_lookups_total{tier="memory",result="miss"}`), 1)
      assert.strictEqual(valueOf(text, `posh_cache_lookups_total{tier="redis",result="hit"}`), 1)
      assert.isAbove(valueOf(text, "posh_redis_command_seconds_count"), 0)
      assert.strictEqual(valueOf(text, "posh_redis_breaker_open"), 0)

      yield* redis.kill()
      const outage = yield* one.get("/metrics").pipe(
        Effect.delay(50),
        Effect.repeat({ until: (reply) => valueOf(reply.text, "posh_redis_breaker_open") === 1, times: 200 })
      )
      assert.strictEqual(valueOf(outage.text, `posh_readiness{state="degraded"}`), 1)
      yield* one.post("/v1/verify", { ...question, domain: "broken.example" })
      // Rendered so often at the most, and the loop above has had its share.
      const after = yield* one.get("/metrics").pipe(
        Effect.delay(50),
        Effect.repeat({
          until: ({ text }) => valueOf(text, `posh_cache_lookups_total{tier="redis",result="away"}`) > 0,
          times: 200
        })
      )
      assert.strictEqual(valueOf(after.text, `posh_cache_lookups_total{tier="redis",result="away"}`), 1)
      assert.isAbove(valueOf(after.text, `posh_redis_faults_total{reason="open"}`), 0)
    }).pipe(Effect.scoped), 90_000)

  it.live("is nowhere where the service does not count", () =>
    Effect.gen(function*() {
      const { get } = yield* startService({ POSH_METRICS: "off" })
      const { status, text } = yield* get("/metrics")
      assert.strictEqual(status, 404)
      assert.include(text, `"code":"NotFound"`)
    }).pipe(Effect.scoped))
})

describe("a listener that is watched", () => {
  it.live("counts what the gate turns away, and who goes away before an answer", () =>
    Effect.gen(function*() {
      const metrics = makeMetrics()
      const listener = yield* makeListener({ host: "127.0.0.1", port: 0, maxConnections: 10 })
      const gate: RequestStage = ({ request: { headers }, response }) => {
        if (headers.authorization !== undefined) return false
        write(response, renderProblem(problem("Unauthorized", "A key is needed.")))
        return true
      }
      const count = yield* Effect.provideService(makeRequestCount, Metrics, metrics)
      const routes = () => undefined // never answers
      yield* listener.serve(inOrder({ gate, fastLane: () => false, routes, count }))
      const url = `${listener.url}/v1/verify`
      const refused = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
      assert.include(refused, "Unauthorized")
      const given = AbortSignal.timeout(100)
      yield* Effect.promise(() => fetch(url, { headers: { authorization: "x" }, signal: given }).catch(() => undefined))

      const value = (series: string) => Effect.map(metrics.text, (text) => valueOf(text, series))
      const aborted = value(`posh_http_requests_total{route="GET /v1/verify",status="aborted"}`)
      assert.strictEqual(
        yield* aborted.pipe(Effect.delay(10), Effect.repeat({ until: (count) => count > 0, times: 200 })),
        1
      )
      assert.strictEqual(yield* value(`posh_http_requests_total{route="GET /v1/verify",status="4xx"}`), 1)
      assert.strictEqual(yield* value(`posh_problems_total{code="Unauthorized"}`), 1)
    }).pipe(Effect.scoped))
})

describe("the catalogue", () => {
  it("has no series twice, and no label without a value", () => {
    for (const [name, { series }] of Object.entries<Row>(catalogue)) {
      assert.strictEqual(new Set(series.map((labels) => JSON.stringify(labels))).size, series.length, name)
      assert.isTrue(series.every((labels) => Object.values(labels).every((value) => value !== "")), name)
    }
  })

  it("says of every indeterminate code whose trouble it is, and of no other", () => {
    const { series } = catalogue.posh_verdicts_total
    for (const { verdict, whose } of series) assert.strictEqual(whose !== "none", verdict === "indeterminate")
    assert.sameMembers([...new Set(series.map(({ code }) => code))], ["Verified", ...verdictCodes])
    assert.strictEqual(failures.ResolverOverloaded.whose, "ours")
    assert.strictEqual(failures.ConnectTimeout.whose, "origin")
  })

  it("gives out no cell that it does not have", () => {
    assert.throws(() => makeMetrics().cell("posh_problems_total", { code: "Surprise" }), /the catalogue has no/)
  })

  it.effect("buckets are cumulative, and every observation is in one", () =>
    Effect.gen(function*() {
      const { histogram, text } = makeMetrics()
      const { observe } = histogram("posh_served_age_seconds")
      for (const value of [0, 1, 1.5, 1e9]) observe(value)
      const lines = yield* text
      assert.strictEqual(valueOf(lines, `posh_served_age_seconds_bucket{le="1"}`), 2)
      assert.strictEqual(valueOf(lines, `posh_served_age_seconds_bucket{le="604800"}`), 3)
      assert.strictEqual(valueOf(lines, `posh_served_age_seconds_bucket{le="+Inf"}`), 4)
      assert.strictEqual(valueOf(lines, `posh_served_age_seconds_sum`), 1_000_000_002.5)
    }))
})
