/**
 * What operators see of gRPC: each question of a stream has its line in the decision log and its span, refusals are counted and in the
 * log, as on HTTP.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { makeCollector, makeWorld, startService, until, valueOf } from "../telemetry/world.ts"
import {
  endOf,
  headersOf,
  resultsOf,
  sessionTo,
  statusOf,
  streamBody,
  streamPath,
  verifyBody,
  verifyPath
} from "./wire.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const parentId = "00f067aa0ba902b7"
const traced = { traceparent: `00-${traceId}-${parentId}-01` }

describe("telemetry of gRPC", () => {
  it.live(
    "decisions, spans, counts and refusals",
    () =>
      Effect.gen(function*() {
        const { env, folder, server } = yield* makeWorld
        const { spans, url } = yield* makeCollector
        const file = join(folder, "decisions.ndjson")
        const { get, output, stop } = yield* startService({
          ...env,
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          POSH_DECISION_LOG: file,
          POSH_GRPC_PORT: "0",
          POSH_LOG_LEVEL: "debug",
          POSH_TRACE_SAMPLE: "0"
        })
        const [, port = ""] = /gRPC on port (\d+)/.exec(output.stdout) ?? []
        const session = yield* sessionTo(`http://127.0.0.1:${port}`)
        const late = yield* Effect.forkChild(endOf(session.request(headersOf("/grpc.health.v1.Health/Check"))))
        const asked = { presented: { case: "certificate", value: server.pem } }
        const stream = session.request(headersOf(streamPath, { ...traced, "x-request-id": "the-stream" }))
        const results = resultsOf(stream)
        const domains = ["good.example", "good.example", "broken.example"]
        for (const [index, domain] of domains.entries()) {
          stream.write(streamBody(String(index), domain, asked))
          yield* until(() => results.length === index + 1)
        }
        stream.write(streamBody("none", "127.0.0.1", asked))
        stream.end()
        assert.strictEqual(yield* endOf(stream), "0")
        assert.strictEqual(
          yield* statusOf(session, headersOf(verifyPath, traced), verifyBody("good.example", asked)),
          "0"
        )
        assert.strictEqual(yield* statusOf(session, headersOf(verifyPath), verifyBody("127.0.0.1", asked)), "3")
        const page = { ":authority": "evil.example", "x-request-id": "the-refused" }
        assert.strictEqual(
          yield* statusOf(session, headersOf(verifyPath, page), verifyBody("good.example", asked)),
          "7"
        )
        assert.strictEqual(yield* Fiber.join(late), "reset 11")
        // What cannot be read, without a problem of the service: each protocol tells it in its own way.
        const garbage = Uint8Array.from([0xff, 0xff, 0xff])
        const framed = Uint8Array.from([0, 0, 0, 0, 3, ...garbage])
        const ways: ReadonlyArray<readonly [type: string, path: string, body: Uint8Array]> = [
          ["application/grpc", verifyPath, framed],
          ["application/grpc-web+proto", verifyPath, framed],
          ["application/proto", verifyPath, garbage],
          ["application/connect+proto", streamPath, framed]
        ]
        for (const [type, path, body] of ways) {
          yield* statusOf(session, headersOf(path, { "content-type": type }), body)
        }
        const { text } = yield* get("/metrics")
        assert.strictEqual(valueOf(text, "posh_grpc_closed_total{reason=\"late\"}"), 1)
        const check = "method=\"grpc.health.v1.Health/Check\",status=\"RESOURCE_EXHAUSTED\""
        assert.strictEqual(valueOf(text, `posh_grpc_calls_total{${check}}`), 1)
        assert.strictEqual(yield* stop, 0)

        const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          lines.map(({ question, transport }) => [question.domain, transport]),
          [...domains, "good.example"].map((domain) => [domain, "grpc"])
        )
        const roots = spans.filter(({ parentSpanId }) => parentSpanId === parentId)
        assert.deepStrictEqual(
          roots.map(({ name }) => name).sort(),
          ["Verify", ...Array.from({ length: 4 }, () => "VerifyStream")].map((name) =>
            `posh.v1.VerificationService/${name}`
          )
        )
        assert.isTrue(spans.every((span) => span.traceId === traceId))
        const ids = roots.flatMap(({ attributes }) => attributes.filter(({ key }) => key === "posh.decision"))
        assert.sameMembers(
          ids.map(({ value }) => Object.values(value)[0]),
          lines.map(({ id }) => id),
          "each span says which decision"
        )
        const count = (method: string, status: string) =>
          valueOf(text, `posh_grpc_calls_total{method="posh.v1.VerificationService/${method}",status="${status}"}`)
        assert.deepStrictEqual(
          [
            count("VerifyStream", "OK"),
            count("Verify", "OK"),
            count("Verify", "INVALID_ARGUMENT"),
            count("Verify", "PERMISSION_DENIED"),
            count("Verify", "INTERNAL"),
            count("VerifyStream", "INTERNAL")
          ],
          [1, 1, 1, 1, 3, 1]
        )
        assert.strictEqual(valueOf(text, "posh_problems_total{code=\"InvalidSourceDomain\"}"), 2, "in a stream as well")
        assert.match(output.stdout, /"refused"[^\n]*"the-refused"/)
        assert.match(output.stdout, /"decided"[^\n]*"the-stream"/)
      }),
    60_000
  )
})
