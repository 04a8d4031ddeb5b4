/**
 * Traces at a collector that speaks OTLP/HTTP: which requests are traced, what spans say, and that none is in the way.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { sha256Base64 } from "@posh/testing"
import { Effect, Result, Tracer } from "effect"
import { TestClock } from "effect/testing"
import type { IncomingMessage } from "node:http"
import { readSettings } from "../../src/config/Config.ts"
import { chooseBy } from "../../src/http/telemetry/traces.ts"
import { productVersion } from "../../src/process/version.ts"
import { toTraceOptions } from "../../src/telemetry/traces/options.ts"
import { makeTracing } from "../../src/telemetry/traces/Tracing.ts"
import { makeCollector, makeWorld, type Span, startService, until, valueOf } from "./world.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const parentId = "00f067aa0ba902b7"
const traced = { traceparent: `00-${traceId}-${parentId}-01` }
const untraced = { traceparent: `00-${traceId}-${parentId}-00` }

const attributesOf = (span: Pick<Span, "attributes"> | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))

/** Names from a span up to its root. */
const pathOf = (spans: ReadonlyArray<Span>, span: Span): ReadonlyArray<string> => {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return parent === undefined ? [span.name] : [...pathOf(spans, parent), span.name]
}

const way = ["POST /v1/verify"]

describe("traces", () => {
  it.live(
    "have a span for each stage of a question whose caller traces it, under the caller's",
    () =>
      Effect.gen(function*() {
        const { env, server } = yield* makeWorld
        const { headers, bodies, spans, url } = yield* makeCollector
        const { output, post, stop } = yield* startService({
          ...env,
          OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`,
          OTEL_EXPORTER_OTLP_HEADERS: "x-key=se%20cret",
          OTEL_SERVICE_NAME: "posh-test",
          POSH_TRACE_SAMPLE: "0",
          POSH_LOG_LEVEL: "debug"
        })
        const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
        const answer: Answer = JSON.parse((yield* post("/v1/verify", question, traced)).text)
        yield* post("/v1/verify", question)
        yield* post("/v1/verify", question, untraced)
        assert.strictEqual(yield* stop, 0)

        assert.isTrue(spans.every((span) => span.traceId === traceId))
        assert.strictEqual(spans.find(({ name }) => name === "POST /v1/verify")?.parentSpanId, parentId)
        const cold = ["Resolver", "Resolver.fetchAndStore", "Attempt.run"]
        assert.sameDeepMembers(
          spans.map((span) => pathOf(spans, span).join(" > ")),
          [
            way,
            [...way, "Target"],
            [...way, "Certificate"],
            [...way, "Leaf"],
            [...way, "Resolver"],
            [...way, "Resolver", "Cache"],
            [...way, ...cold.slice(0, 2)],
            [...way, ...cold],
            [...way, ...cold, "Fetcher.get"],
            [...way, ...cold, "Document"],
            [...way, "Chain"],
            [...way, "Matcher"],
            [...way, "Verdict"]
          ].map((names) => names.join(" > "))
        )
        assert.deepStrictEqual(attributesOf(spans.find(({ name }) => name === "POST /v1/verify")), {
          "posh.decision": answer.id,
          "posh.domain": "good.example",
          "posh.service": "xmpp-server",
          "posh.verdict": "verified",
          "posh.code": "Verified",
          "posh.cache": "miss"
        })
        assert.include(output.stdout, `"decision":"${answer.id}"`, "the log has it by the same name")
        assert.isTrue(headers.every(({ path }) => path === "/v1/traces"))
        assert.isTrue(headers.every((one) => one["x-key"] === "se cret"))
        assert.include(bodies[0], `"stringValue":"posh-test"`)
        for (const secret of ["BEGIN CERTIFICATE", sha256Base64(server.der)]) assert.notInclude(bodies.join(), secret)
        for (const secret of ["se cret", "se%20cret"]) assert.notInclude(output.stdout + output.stderr, secret)
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("are taken of a share of the other requests, by either lane", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const { spans, url } = yield* makeCollector
      const { get, post, stop } = yield* startService({
        ...env,
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        POSH_TRACE_SAMPLE: "1"
      })
      const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      yield* post("/v1/verify", question, { traceparent: "nonsense" })
      yield* post("/v1/verify", { ...question, service: "smtp" })
      yield* post("/v1/verify/batch", { requests: [question, { ...question, domain: "broken.example" }] })
      yield* get("/nothing", untraced)
      yield* get("/nothing")
      yield* stop
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined)
      assert.sameMembers(roots.map(({ name }) => name), [
        "POST /v1/verify",
        "POST /v1/verify",
        "POST /v1/verify/batch",
        "other"
      ])
      assert.strictEqual(new Set(roots.map(({ traceId }) => traceId)).size, roots.length)
      const codes = spans.map((span) => [span.name, attributesOf(span)["posh.code"]])
      assert.sameDeepMembers(codes.filter(([name]) => name === "Question" || name === "POST /v1/verify"), [
        ["POST /v1/verify", "Verified"],
        ["POST /v1/verify", undefined], // it was refused
        ["Question", "Verified"],
        ["Question", "InvalidJson"]
      ])
    }).pipe(Effect.scoped), 120_000)

  it.live(
    "go where OpenTelemetry's own variables say, with the attributes of the replica",
    () =>
      Effect.gen(function*() {
        const { env, server } = yield* makeWorld
        const { headers, resources, spans, url } = yield* makeCollector
        const { output, post, stop } = yield* startService({
          ...env,
          OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/of/its/own`,
          OTEL_RESOURCE_ATTRIBUTES:
            "deployment.environment.name=blue%2Cgreen, service.name=posh-blue,team=trust & safety",
          OTEL_TRACES_SAMPLER: "always_on",
          OTEL_METRIC_EXPORT_INTERVAL: "1000"
        })
        const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
        yield* post("/v1/verify", question, untraced)
        assert.strictEqual(yield* stop, 0)
        assert.deepStrictEqual([...new Set(headers.map(({ path }) => path))], ["/of/its/own"])
        const attributes = attributesOf({ attributes: resources[0] ?? [] })
        assert.include(attributes, {
          "service.name": "posh-blue",
          "service.version": productVersion,
          "deployment.environment.name": "blue,green",
          team: "trust & safety"
        })
        assert.match(String(attributes["service.instance.id"]), /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
        // The caller's no is not heard, and yet its trace goes on.
        const root = spans.find(({ name }) => name === "POST /v1/verify")
        assert.deepStrictEqual([root?.traceId, root?.parentSpanId], [traceId, parentId])
        assert.strictEqual(output.stdout.split("OTEL_METRIC_EXPORT_INTERVAL is not a variable").length, 2, "once")
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("are protobuf where that is wanted, and none where OpenTelemetry is off", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      const typesOf = Effect.fnUntraced(function*(more: Readonly<Record<string, string>>) {
        const { bodies, headers, url } = yield* makeCollector
        const { post, stop } = yield* startService({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more })
        yield* post("/v1/verify", question, traced)
        assert.strictEqual(yield* stop, 0)
        for (const body of bodies) assert.include(body, "POST /v1/verify")
        return [...new Set(headers.map((one) => one["content-type"]))]
      })
      assert.deepStrictEqual(yield* typesOf({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }), [
        "application/x-protobuf"
      ])
      assert.deepStrictEqual(yield* typesOf({ OTEL_SDK_DISABLED: "True" }), [])
    }).pipe(Effect.scoped), 120_000)

  const collectors = [
    ["that does not answer", Effect.tap(makeCollector, ({ stall }) => Effect.sync(stall))],
    ["that is not there", Effect.succeed({ url: "http://127.0.0.1:1" })]
  ] as const
  for (const [name, collector] of collectors) {
    it.live(`a collector ${name} costs spans, and no answer`, () =>
      Effect.gen(function*() {
        const { env, server } = yield* makeWorld
        const { url } = yield* collector
        const { get, output, post, stop } = yield* startService({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: url })
        const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
        yield* post("/v1/verify", question, traced)
        const startedAt = performance.now()
        for (let turn = 0; turn < 400; turn += 1) {
          assert.strictEqual((yield* post("/v1/verify", question, traced)).status, 200)
        }
        assert.isBelow(performance.now() - startedAt, 60_000) // else ten seconds for each
        const dropped = Effect.map(get("/metrics"), ({ text }) => valueOf(text, `posh_spans_total{result="dropped"}`))
        yield* dropped.pipe(Effect.repeat({ until: (count) => count > 1_000, times: 200 }))
        assert.isAbove(yield* dropped, 1_000)
        assert.strictEqual(output.stdout.split("Traces cannot be exported").length, 2, "one line")
        assert.strictEqual(yield* stop, 0)
      }).pipe(Effect.scoped), 120_000)
  }
})

describe("which requests are traced", () => {
  const request = (traceparent?: string) =>
    ({ method: "GET", url: "/", headers: traceparent === undefined ? {} : { traceparent } }) as IncomingMessage

  const cases: ReadonlyArray<
    readonly [name: string, share: number, traceparent: string | undefined, isTraced: boolean, isCallerHeard?: false]
  > = [
    ["a caller's yes counts more than a share", 0, traced.traceparent, true],
    ["so does its no", 1, untraced.traceparent, false],
    ["without a word the share decides", 1, undefined, true],
    ["a share of nothing", 0, undefined, false],
    ["nonsense is no word", 0, "00-xyz-01", false],
    ["nor is an unknown version", 0, traced.traceparent.replace("00-", "ff-"), false],
    ["a caller that is not heard: its yes", 0, traced.traceparent, false, false],
    ["its no", 1, untraced.traceparent, true, false]
  ]
  it.effect.each(cases)("%s", ([, share, traceparent, isTraced, isCallerHeard = true]) =>
    Effect.gen(function*() {
      const choose = chooseBy(yield* makeTracing(Tracer.nativeTracer, { isCallerHeard, share }))
      assert.strictEqual(choose(request(traceparent)) !== undefined, isTraced)
    }))

  it.effect("no more than ten a second that nobody asked for", () =>
    Effect.gen(function*() {
      const choose = chooseBy(yield* makeTracing(Tracer.nativeTracer, { isCallerHeard: true, share: 1 }))
      const chosen = () => Array.from({ length: 100 }, () => choose(request())).filter((traced) => traced).length
      assert.strictEqual(chosen(), 10)
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(chosen(), 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(chosen(), 10)
    }))
})

describe("a service without a collector", () => {
  it.live("traces nothing, whatever callers say", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const { get, output, post } = yield* startService({ ...env, POSH_TRACE_SAMPLE: "1" })
      yield* post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem }, traced)
      yield* until(() => output.stdout !== "")
      const { text } = yield* get("/metrics")
      assert.strictEqual(valueOf(text, `posh_spans_total{result="exported"}`), 0)
      assert.strictEqual(valueOf(text, `posh_spans_total{result="dropped"}`), 0)
    }).pipe(Effect.scoped))
})

describe("the settings of traces", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/otlp/" }
  const optionsOf = (env: Readonly<Record<string, string>>) =>
    toTraceOptions(Result.getOrThrow(readSettings({ ...endpoint, ...env })))

  it.each<readonly [env: Readonly<Record<string, string>>, expected: object]>([
    [{}, { serviceName: "posh", protocol: "http/json", sampling: { isCallerHeard: true, share: 0.01 } }],
    [{ OTEL_SERVICE_NAME: "a", OTEL_RESOURCE_ATTRIBUTES: "service.name=b" }, { serviceName: "a" }],
    [{ OTEL_RESOURCE_ATTRIBUTES: "service.name=b" }, { serviceName: "b" }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }, { protocol: "http/protobuf" }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" }, {
      protocol: "http/json"
    }],
    [{ POSH_TRACE_SAMPLE: "0.5" }, { sampling: { isCallerHeard: true, share: 0.5 } }],
    [{ POSH_TRACE_SAMPLE: "0.5", OTEL_TRACES_SAMPLER: "always_on" }, { sampling: { isCallerHeard: false, share: 1 } }],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, { sampling: { isCallerHeard: false, share: 0 } }],
    [{ OTEL_TRACES_SAMPLER: "traceidratio" }, { sampling: { isCallerHeard: false, share: 1 } }],
    [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, {
      sampling: { isCallerHeard: true, share: 0.25 }
    }],
    [{ OTEL_TRACES_SAMPLER: "parentbased_always_off", OTEL_TRACES_SAMPLER_ARG: "1" }, {
      sampling: { isCallerHeard: true, share: 0 }
    }]
  ])("%j", (env, expected) => assert.deepInclude(optionsOf(env), expected))

  it.each([
    [{}, "https://collector.example/otlp/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.example:4318" }, "http://collector.example:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other.example/x/" }, "http://other.example/x/"],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other.example" },
      "http://other.example/"
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
    [{ OTEL_SDK_DISABLED: "TRUE" }, undefined]
  ])("%j sends them to %s", (env, url) => assert.strictEqual(optionsOf(env)?.url.href, url))
})
