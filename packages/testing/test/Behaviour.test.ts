import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"
import { Behave, makeOrigins } from "../src/index.ts"
import type { Behaviour, Origins } from "../src/index.ts"
import { ask } from "./client.ts"
import type { Asking, Seen } from "./client.ts"

interface Row {
  readonly name: string
  readonly behaviour: Behaviour
  readonly asking?: Asking
  readonly status?: number
  readonly fault?: string
  readonly check?: (seen: Seen) => void
}

const has = (...line: ReadonlyArray<string>) => ({ headers }: Seen) =>
  assert.include(headers.map((text) => text.toLowerCase()).join("|"), line.join("|"))
const body = (expected: string) => (seen: Seen) => assert.strictEqual(seen.body, expected)
const decoded = (decode: (octets: Buffer) => Buffer, expected: string) => (seen: Seen) =>
  assert.strictEqual(decode(Buffer.from(seen.body, "latin1")).toString(), expected)
const late = (seen: Seen) => assert.isAtLeast(seen.firstMs, 40)
const undecodable = (seen: Seen) => assert.throws(() => gunzipSync(Buffer.from(seen.body, "latin1")))

const soon = { timeoutMs: 150 }

const rows: ReadonlyArray<Row> = [
  { name: "json", behaviour: Behave.json({ a: 1 }), status: 200, check: body(`{"a":1}`) },
  { name: "json-typed", behaviour: Behave.json(0), status: 200, check: has("content-type", "application/json") },
  { name: "json-201", behaviour: Behave.json({}, { status: 201 }), status: 201 },
  { name: "json-late", behaviour: Behave.json({}, { delayMs: 50 }), status: 200, check: late },
  {
    name: "no-type",
    behaviour: Behave.json({}, { headers: { "Content-Type": null } }),
    status: 200,
    check: ({ headers }) => assert.notInclude(headers.join("|").toLowerCase(), "content-type")
  },
  {
    name: "html",
    behaviour: Behave.text("<p>", { headers: { "content-type": "text/html" } }),
    status: 200,
    check: has("content-type", "text/html")
  },
  {
    name: "two-cookies",
    behaviour: Behave.json({}, { headers: { "set-cookie": ["a=1", "b=2"] } }),
    status: 200,
    check: has("set-cookie", "a=1", "set-cookie", "b=2")
  },
  { name: "bytes", behaviour: Behave.bytes(Uint8Array.of(0xff, 0xfe)), status: 200, check: body("\xff\xfe") },
  { name: "gone", behaviour: Behave.status(410), status: 410, check: body("") },
  { name: "no-content", behaviour: Behave.status(204), status: 204, check: body("") },
  { name: "redirect", behaviour: Behave.redirect("/b"), status: 302, check: has("location", "/b") },
  { name: "redirect-308", behaviour: Behave.redirect("https://b.example/", 308), status: 308 },
  {
    name: "two-locations",
    behaviour: Behave.headersRaw(["Location: /a", "Location: /b", "Content-Length: 0"], { status: 302 }),
    status: 302,
    check: has("location", "/a", "location", "/b")
  },
  { name: "slow-headers", behaviour: Behave.slowHeaders(50, { a: 1 }), status: 200, check: late },
  { name: "slow-headers-given-up", behaviour: Behave.slowHeaders(5_000), asking: soon, fault: "timeout" },
  { name: "hang", behaviour: Behave.hang, asking: soon, fault: "timeout" },
  {
    name: "slow-body",
    behaviour: Behave.slowBody({ chunk: 4, everyMs: 5, total: 20, document: { a: 1 } }),
    status: 200,
    check: body(`${" ".repeat(13)}{"a":1}`)
  },
  {
    name: "slow-body-given-up",
    behaviour: Behave.slowBody({ chunk: 1, everyMs: 20, total: 1000 }),
    asking: soon,
    status: 200,
    fault: "timeout",
    check: ({ octets }) => assert.isBelow(octets, 20)
  },
  { name: "endless-body", behaviour: Behave.endlessBody, status: 200, fault: "too large" },
  { name: "endless-headers", behaviour: Behave.endlessHeaders, fault: "HPE_HEADER_OVERFLOW" },
  { name: "truncated", behaviour: Behave.truncated({ declared: 10, sent: 4 }), status: 200, fault: "ECONNRESET" },
  {
    name: "truncated-text",
    behaviour: Behave.truncated({ declared: 10, sent: "{}" }),
    status: 200,
    fault: "ECONNRESET",
    check: body("{}")
  },
  {
    name: "truncated-chunked",
    behaviour: Behave.truncatedChunked,
    status: 200,
    fault: "ECONNRESET",
    check: ({ body }) => assert.isObject(JSON.parse(body))
  },
  { name: "gzip", behaviour: Behave.gzip({ a: 1 }), status: 200, check: decoded(gunzipSync, `{"a":1}`) },
  {
    name: "gzip-bomb",
    behaviour: Behave.gzipBomb(3_000_001),
    status: 200,
    check: (seen) => {
      assert.isBelow(seen.octets, 4096)
      const octets = gunzipSync(Buffer.from(seen.body, "latin1"))
      assert.strictEqual(octets.length, 3_000_001)
      assert.strictEqual(octets.toString().trim(), "{}")
    }
  },
  { name: "gzip-corrupt", behaviour: Behave.gzipCorrupt, status: 200, check: undecodable },
  { name: "gzip-truncated", behaviour: Behave.gzipTruncated, status: 200, check: undecodable },
  {
    name: "br",
    behaviour: Behave.encoding("br", { a: 1 }),
    status: 200,
    check: decoded(brotliDecompressSync, `{"a":1}`)
  },
  { name: "deflate", behaviour: Behave.encoding("deflate", "{}"), status: 200, check: decoded(inflateSync, "{}") },
  {
    name: "made-up",
    behaviour: Behave.encoding("made-up", "{}"),
    status: 200,
    check: has("content-encoding", "made-up")
  },
  { name: "reset", behaviour: Behave.resetAfterRequest, fault: "ECONNRESET" },
  { name: "closed", behaviour: Behave.closeAfterRequest, fault: "ECONNRESET" },
  { name: "garbage", behaviour: Behave.garbage, fault: "HPE_INVALID_CONSTANT" },
  { name: "switching-101", behaviour: Behave.switching101, status: 101, fault: "upgrade" },
  {
    name: "interim",
    behaviour: Behave.interim({ a: 1 }, [102, 103]),
    status: 200,
    check: (seen) => {
      assert.deepStrictEqual(seen.informed, [102, 103])
      assert.strictEqual(seen.body, `{"a":1}`)
    }
  },
  { name: "retry-seconds", behaviour: Behave.retryAfter(503, 7), status: 503, check: has("retry-after", "7") },
  {
    name: "retry-date",
    behaviour: Behave.retryAfter(429, new Date(0)),
    status: 429,
    check: has("retry-after", "thu, 01 jan 1970 00:00:00 gmt")
  },
  { name: "age", behaviour: Behave.age({}, 30), status: 200, check: has("age", "30") },
  { name: "deep-1", behaviour: Behave.deepJson(1), status: 200, check: body(`{"deep":0}`) },
  { name: "deep-3", behaviour: Behave.deepJson(3, { a: 1 }), status: 200, check: body(`{"a":1,"deep":[[]]}`) }
]

class World extends Context.Service<World, Origins>()("posh/testing/World") {
  static readonly layer = Layer.effect(
    World,
    makeOrigins({
      "origin.example": { routes: Object.fromEntries(rows.map(({ behaviour, name }) => [`/${name}`, behaviour])) }
    })
  )
}

layer(World.layer)("Behave", (it) => {
  for (const row of rows) {
    it.effect(row.name, () =>
      Effect.gen(function*() {
        const seen = yield* ask(yield* World, "origin.example", `/${row.name}`, row.asking)
        assert.strictEqual(seen.fault, row.fault)
        assert.strictEqual(seen.status, row.status)
        row.check?.(seen)
      }))
  }
})

describe("sequence", () => {
  it.effect("answers in order and repeats the last", () =>
    Effect.gen(function*() {
      const behaviour = Behave.sequence([Behave.status(503), Behave.resetAfterRequest, Behave.json({})])
      const origins = yield* makeOrigins({ "sequence.example": { routes: { "/": behaviour } } })
      const seen = yield* Effect.forEach([1, 2, 3, 4], () => ask(origins, "sequence.example"))
      assert.deepStrictEqual(seen.map(({ fault, status }) => fault ?? status), [503, "ECONNRESET", 200, 200])
    }))
})
