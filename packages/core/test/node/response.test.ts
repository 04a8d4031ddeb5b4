/** Responses that a fetch accepts (requirements §2.5). */
import { assert, layer } from "@effect/vitest"
import { Behave, type Behaviour, sha256Base64 } from "@posh/testing"
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import { headerValues } from "../../src/fetch/Fetcher.ts"
import { bodyLimit, get, layerWeb, outcome, Web } from "./world.ts"

const raw = (...parts: ReadonlyArray<string | Uint8Array>): Behaviour => ({
  _tag: "Raw",
  steps: parts.map((part) => ({ afterMs: 5, octets: Buffer.from(part) })),
  end: "close"
})
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
const held = "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"

/** Path → behaviour and outcome. */
const table: Readonly<Record<string, readonly [behaviour: Behaviour, outcome: string]>> = {
  "/json": [Behave.json({ a: 1 }), "200 {\"a\":1}"],
  "/empty": [Behave.text(""), "200 "],
  "/404": [Behave.status(404), "404 "],
  "/redirect": [Behave.redirect("https://other.example/"), "302 "], // POSH-RES-72: not followed
  "/no-content": [Behave.status(204), "204 "],
  "/gzip": [Behave.gzip({ a: 1 }), "200 {\"a\":1}"], // POSH-RES-47
  "/x-gzip": [Behave.encoding("x-gzip", { a: 1 }), "200 {\"a\":1}"],
  "/GZIP": [Behave.bytes(gzipSync("{}"), { headers: { "content-encoding": "identity, GZIP" } }), "200 {}"],
  "/gzip-members": [
    Behave.bytes(Buffer.concat([gzipSync("{"), gzipSync("}")]), { headers: { "content-encoding": "gzip" } }),
    "200 {}"
  ],
  "/gzip-in-pieces": [
    raw(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
      ...[...gzipSync("{}")].map((octet) => Uint8Array.of(octet))
    ),
    "200 {}"
  ],
  "/identity": [Behave.encoding("identity", {}), "200 {}"],
  "/empty-coding": [Behave.text("{}", { headers: { "content-encoding": "" } }), "200 {}"],
  "/limit": [Behave.text(" ".repeat(bodyLimit)), `200 ${" ".repeat(bodyLimit)}`],
  "/limit-gzip": [Behave.encoding("gzip", " ".repeat(bodyLimit)), `200 ${" ".repeat(bodyLimit)}`],
  "/until-close": [raw("HTTP/1.1 200 OK\r\n\r\n", "{", "}"), "200 {}"],
  "/http-1.0": [raw("HTTP/1.0 200 OK\r\n\r\n{}"), "200 {}"],
  "/chunked": [
    raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n", "1;x=y\r\n}\r\n0\r\nTrailer: x\r\n\r\n"),
    "200 {}"
  ],
  "/beyond-its-length": [raw(`${ok}more`), "200 {}"],

  // POSH-RES-51
  "/interim": [Behave.interim({ a: 1 }), "200 {\"a\":1}"],
  "/100-once": [raw(held + ok), "200 {}"],
  "/100-often": [raw(held.repeat(20), ok), "200 {}"],
  "/100-in-pieces": [raw(...held, ...ok), "200 {}"],
  "/100-http-1.0": [raw("HTTP/1.0 100 Continue\r\n\r\n", ok), "200 {}"],
  "/100-then-reset": [raw(held), "ConnectionReset"],
  "/100-cut-off": [raw("HTTP/1.1 100 Cont"), "ConnectionReset"],
  "/100-without-end": [raw(`HTTP/1.1 100 Continue\r\n${"X: y\r\n".repeat(3_000)}`, ok), "HttpProtocolError"],
  "/100-not-quite": [raw("HTTP/1.1 1000 Continue\r\n\r\n", ok), "HttpProtocolError"],
  "/100-over-and-over": [raw("HTTP/1.1 100 \r\n\r\n".repeat(20_000), ok), "HttpProtocolError"],
  "/103-over-and-over": [raw("HTTP/1.1 103 \r\n\r\n".repeat(20_000), ok), "HttpProtocolError"]
}

const routes = Object.fromEntries(Object.entries(table).map(([path, [behaviour]]) => [path, behaviour]))
const heads = {
  "/heads": Behave.headersRaw(["Location: /a", "X-Name:  padded ", "LOCATION: /b", "X-Empty:"], { status: 301 }),
  "/latin1": raw(Buffer.from("HTTP/1.1 200 OK\r\nX: \u00fc\r\nContent-Length: 0\r\n\r\n", "latin1"))
}
const hosts = {
  "im.example": { routes: { ...routes, ...heads } },
  "any.wild.example": { tls: { _tag: "Wildcard" }, routes: { "/": Behave.json({}) } },
  "xn--bcher-kva.wild.example": { tls: { _tag: "Wildcard" }, routes: { "/": Behave.json({}) } }
} as const

layer(layerWeb(hosts), { excludeTestServices: true })("an answer", (it) => {
  it.effect.each(Object.entries(table))("%s", ([path, [, expected]]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome({ host: "im.example", path }), expected)
    }))

  it.effect.each(["any.wild.example", "xn--bcher-kva.wild.example"])(
    "a wildcard as the whole left-most label: %s (POSH-RES-31)",
    (host) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* outcome({ host }), "200 {}")
      })
  )

  it.effect("keeps every field line, names in lower case, in their order (POSH-RES-62)", () =>
    Effect.gen(function*() {
      const head = yield* get({ host: "im.example", path: "/heads" })
      assert.deepStrictEqual(head.headers, [
        ["location", "/a"],
        ["x-name", "padded"],
        ["location", "/b"],
        ["x-empty", ""]
      ])
      assert.deepStrictEqual(headerValues(head, "location"), ["/a", "/b"])
    }))

  it.effect("reads field values octet by octet", () =>
    Effect.gen(function*() {
      const head = yield* get({ host: "im.example", path: "/latin1" })
      assert.deepStrictEqual(headerValues(head, "x"), ["\u00fc"])
    }))

  it.effect("asks for the limit with the head, and leaves an unwanted body alone, whatever its coding", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.setRoute("im.example", "/unwanted", Behave.encoding("made-up", "x".repeat(1 << 20)))
      const heads: Array<number> = []
      const response = yield* get({
        host: "im.example",
        path: "/unwanted",
        bodyLimit: ({ status }) => {
          heads.push(status)
          return undefined
        }
      })
      assert.deepStrictEqual([response.status, response.body.length, heads], [200, 0, [200]])
    }))

  it.effect("does not wait for an unwanted body", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.setRoute("im.example", "/endless", Behave.endlessBody)
      const response = yield* get({ host: "im.example", path: "/endless", bodyLimit: () => undefined })
      assert.strictEqual(response.body.length, 0)
    }))

  it.effect("evidence: address, certificate, times (POSH-RES-90)", () =>
    Effect.gen(function*() {
      const before = Date.now()
      const { trace } = yield* get({ host: "im.example", path: "/json" })
      const { der } = yield* (yield* Web).certificateOf("im.example")
      assert.deepStrictEqual([trace.address, trace.tlsLeafSha256], ["127.0.0.1", sha256Base64(der)])
      assert.isTrue(before <= trace.startedAt && trace.startedAt <= trace.endedAt && trace.endedAt <= Date.now())
    }))
})
