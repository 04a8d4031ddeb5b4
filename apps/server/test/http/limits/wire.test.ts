/** Hostile requests, octet by octet. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"
import { exchange, open, postOf } from "./raw.ts"

let slowAsked = 0
const verifier = layerAnswering({
  verify: (inquiry) => {
    if (domainOf(inquiry) !== "slow.example") return Effect.succeed(verified)
    slowAsked += 1
    return Effect.never
  }
})

const question = (domain = "hosted.example") => JSON.stringify({ domain, service: "xmpp-server", certificate: "MAA=" })
const body = question()
const head = "POST /v1/verify HTTP/1.1\r\nHost: posh\r\nContent-Type: application/json\r\n"
const get = (more: string) => `GET /health/live HTTP/1.1\r\nHost: posh\r\n${more}\r\n`

interface Row {
  readonly name: string
  readonly octets: string
  /** Statuses before the service closes the connection. */
  readonly statuses: ReadonlyArray<number>
  readonly code?: string
}

/** All of them close the connection, so nothing after them can be parsed as a request (request smuggling). */
const refused: ReadonlyArray<Row> = [
  {
    name: "two framings: Content-Length and Transfer-Encoding",
    octets: `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get("")}`,
    statuses: [400],
    code: "InvalidRequest"
  },
  { name: "two lengths", octets: `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, statuses: [400] },
  { name: "a length with a sign", octets: `${head}Content-Length: +2\r\n\r\n{}`, statuses: [400] },
  { name: "chunked, and then not", octets: `${head}Transfer-Encoding: chunked, identity\r\n\r\n`, statuses: [400] },
  {
    name: "a malformed chunk length",
    octets: `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    statuses: [400]
  },
  { name: "white space before the colon", octets: get("Content-Length : 1\r\n"), statuses: [400] },
  { name: "a folded line", octets: get("A: b\r\n c\r\n").replace("\r\n c", "\n\tc"), statuses: [400] },
  { name: "a line that ends in CR alone", octets: get("A: b\rContent-Length: 1\r\n"), statuses: [400] },
  { name: "NUL in a header", octets: get("A: \0\r\n"), statuses: [400] },
  { name: "no Host", octets: "GET /health/live HTTP/1.1\r\n\r\n", statuses: [400] },
  { name: "no HTTP", octets: "\x16\x03\x01\x02\x00\x01", statuses: [400], code: "InvalidRequest" },
  {
    name: "a proxy's CONNECT",
    octets: "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
    statuses: [405]
  },
  { name: "a header line of 20 KiB", octets: get(`A: ${"b".repeat(20_000)}\r\n`), statuses: [431] },
  { name: "a header of 4,000 lines", octets: get("a:\r\n".repeat(4_000)), statuses: [431] },
  {
    name: "a header of 101 lines",
    octets: get("a:\r\n".repeat(100)),
    statuses: [400],
    code: "InvalidRequest"
  },
  {
    name: "an announced body of 10 GB, which is not read",
    octets: `${head}Content-Length: 10000000000\r\n\r\n`,
    statuses: [413],
    code: "PayloadTooLarge"
  },
  {
    name: "an announced question of 2 MB",
    octets: `${head}Content-Length: 2000000\r\n\r\n`,
    statuses: [413],
    code: "PayloadTooLarge"
  },
  {
    name: "a question of 2 MB in chunks",
    octets: `${head}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${"x".repeat(65_536)}\r\n`.repeat(32)}`,
    statuses: [413],
    code: "PayloadTooLarge"
  },
  {
    name: "a large body of another type",
    octets: `POST /v1/verify HTTP/1.1\r\nHost: posh\r\nContent-Length: 500000\r\n\r\n`,
    statuses: [415]
  },
  {
    name: "a large body for an unknown path",
    octets: `POST /v2 HTTP/1.1\r\nHost: posh\r\nContent-Length: 500000\r\n\r\n`,
    statuses: [404]
  }
]

layer(Service.layer(verifier), { excludeTestServices: true })("on the wire", (it) => {
  for (const { code, name, octets, statuses } of refused) {
    it.effect(`refused, and the connection closes: ${name}`, () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const heard = yield* exchange(baseUrl, octets)
        assert.deepStrictEqual(heard.statuses, statuses, heard.text)
        if (code !== undefined) assert.include(heard.text, `urn:posh:problem:${code}`)
        if (statuses.length > 0) assert.match(heard.text, /^connection: close\r$/im)
      }))
  }

  it.effect("the refusal of a small body keeps the connection open", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const wrong = `POST /v1/verify HTTP/1.1\r\nHost: posh\r\nContent-Length: 2\r\n\r\n{}`
      const { statuses } = yield* exchange(baseUrl, `${wrong}${postOf("/v1/verify", body)}`, {
        until: (text) => text.includes("\"valid\":true")
      })
      assert.deepStrictEqual(statuses, [415, 200])
    }))

  it.effect("32 requests of a connection may wait; later ones are not started", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const slow = postOf("/v1/verify", question("slow.example"))
      const within = yield* exchange(baseUrl, postOf("/v1/verify", body).repeat(32), {
        until: (text) => text.split("\"valid\":true").length === 33
      })
      assert.deepStrictEqual(within.statuses, Array.from({ length: 32 }, () => 200))
      const socket = yield* open(baseUrl)
      socket.write(slow.repeat(40) + get("").repeat(1_000))
      yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => slowAsked >= 32 }))
      yield* Effect.sleep("300 millis")
      assert.strictEqual(slowAsked, 32)
      assert.strictEqual(socket.bytesRead, 0)
    }).pipe(Effect.scoped))

  it.effect("a caller that sends without reading gets half a megabyte of responses at most", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const heard = yield* exchange(baseUrl, "GET /openapi.json HTTP/1.1\r\nHost: posh\r\n\r\n".repeat(500))
      assert.isBelow(heard.statuses.length, 20)
      assert.strictEqual(heard.statuses.at(-1), 503)
    }))

  it.effect(
    "slow-loris: who does not come to the end of a header has ten seconds, and so has who says nothing",
    () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const startedAt = performance.now()
        const trickle = Effect.scoped(Effect.gen(function*() {
          const socket = yield* open(baseUrl)
          socket.write("GET /health/live HTTP/1.1\r\n")
          const timer = setInterval(() => socket.write("a: b\r\n"), 500)
          yield* Effect.callback<void>((resume) => void socket.resume().once("close", () => resume(Effect.void)))
          clearInterval(timer)
        }))
        yield* Effect.all([trickle, exchange(baseUrl, ""), exchange(baseUrl, "GET /health/live")], {
          concurrency: "unbounded"
        }).pipe(Effect.timeout("20 seconds"))
        const took = performance.now() - startedAt
        assert.isAbove(took, 9_000)
        assert.isBelow(took, 14_000)
      }),
    120_000
  )

  it.effect("neither Upgrade nor Expect bypasses the gate", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      for (const more of ["Connection: Upgrade\r\nUpgrade: websocket\r\n", "Expect: 100-continue\r\n"]) {
        const lines = "a:\r\n".repeat(100)
        const heard = yield* exchange(baseUrl, postOf("/v1/verify", body, more + lines))
        assert.deepStrictEqual(heard.statuses, [400], heard.text)
        assert.include(heard.text, "more than 100 lines")
        const usual = yield* exchange(baseUrl, postOf("/v1/verify", body, more), {
          until: (text) => text.includes("\"valid\":true")
        })
        assert.strictEqual(usual.statuses.at(-1), 200)
      }
    }))
})
