/**
 * Every refusal is a problem document, also of messages that Node.js refuses itself.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect as connectPlain } from "node:net"
import { connect as connectTls } from "node:tls"
import { fleetKeys, trust } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { fakeVerifier } from "../../service/verdicts.ts"

interface Row {
  readonly name: string
  readonly octets: string
  readonly status: number
  readonly detail: RegExp
  /** Ends its side, because the octets are incomplete. */
  readonly half?: boolean
}

const get = (more: string, line = "GET /health/live HTTP/1.1") => `${line}\r\nHost: posh\r\n${more}\r\n`
const post = (framing: string, rest: string) =>
  `POST /v1/verify HTTP/1.1\r\nHost: posh\r\nContent-Type: application/json\r\n${framing}\r\n\r\n${rest}`

const rows: ReadonlyArray<Row> = [
  { name: "no Host", octets: "GET /health/live HTTP/1.1\r\n\r\n", status: 400, detail: /no Host/ },
  { name: "two Hosts", octets: get("Host: b\r\n"), status: 400, detail: /more than one Host/ },
  { name: "two Hosts of HTTP/1.0", octets: get("Host: b\r\n", "GET / HTTP/1.0"), status: 400, detail: /one Host/ },
  { name: "no request line", octets: "hello\r\n\r\n", status: 400, detail: /not valid HTTP/ },
  { name: "an unknown method", octets: get("", "FETCH / HTTP/1.1"), status: 400, detail: /not valid HTTP/ },
  { name: "a method in lower case", octets: get("", "get / HTTP/1.1"), status: 400, detail: /not valid HTTP/ },
  { name: "a target without a slash", octets: get("", "GET foo HTTP/1.1"), status: 400, detail: /not valid HTTP/ },
  { name: "an unknown version", octets: get("", "GET / HTTP/1.2"), status: 400, detail: /not valid HTTP/ },
  { name: "a line of HTTP/0.9", octets: "GET /\r\n", status: 400, detail: /not valid HTTP/, half: true },
  { name: "a version of 0.9", octets: get("", "GET /health/live HTTP/0.9"), status: 400, detail: /HTTP\/1\.1 or/ },
  { name: "a version of 2.0", octets: get("", "GET /health/live HTTP/2.0"), status: 400, detail: /HTTP\/1\.1 or/ },
  { name: "the preface of HTTP/2", octets: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 400, detail: /HTTP\/2/ },
  { name: "another protocol", octets: "OPTIONS rtsp://a RTSP/1.0\r\nHost: a\r\n\r\n", status: 400, detail: /no path/ },
  { name: "a header line too long", octets: get(`A: ${"b".repeat(20_000)}\r\n`), status: 431, detail: /16384/ },
  { name: "a target too long", octets: get("", `GET /${"a".repeat(20_000)} HTTP/1.1`), status: 431, detail: /16384/ },
  { name: "too many header lines", octets: get("a:\r\n".repeat(150)), status: 400, detail: /100 lines/ },
  { name: "an expectation", octets: get("Expect: x\r\n"), status: 417, detail: /100-continue/ },
  { name: "a bad chunk", octets: post("Transfer-Encoding: chunked", "zz\r\n"), status: 400, detail: /not valid HTTP/ },
  { name: "a bad length", octets: post("Content-Length: x", ""), status: 400, detail: /not valid HTTP/ },
  {
    name: "two framings",
    octets: post("Content-Length: 1\r\nTransfer-Encoding: chunked", ""),
    status: 400,
    detail: /./
  },
  { name: "CONNECT", octets: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", status: 405, detail: /no proxy/ },
  { name: "CONNECT to a path", octets: get("", "CONNECT / HTTP/1.1"), status: 405, detail: /no proxy/ },
  {
    name: "TRACE",
    octets: get("Connection: close\r\n", "TRACE /v1/verify HTTP/1.1"),
    status: 405,
    detail: /takes GET/
  },
  {
    name: "OPTIONS *",
    octets: get("Connection: close\r\n", "OPTIONS * HTTP/1.1"),
    status: 404,
    detail: /nothing at this path/
  },
  {
    name: "an absolute target of another path",
    octets: get("Connection: close\r\n", "GET http://a.example/x HTTP/1.1"),
    status: 404,
    detail: /nothing at this path/
  },
  {
    name: "a target that begins with two slashes",
    octets: get("Connection: close\r\n", "GET //health/live HTTP/1.1"),
    status: 404,
    detail: /nothing at this path/
  },
  { name: "an absolute target of FTP", octets: get("", "GET ftp://a/ HTTP/1.1"), status: 400, detail: /no path/ },
  {
    name: "an upgrade of an unknown path",
    octets: get("Connection: Upgrade, close\r\nUpgrade: websocket\r\n", "GET /chat HTTP/1.1"),
    status: 404,
    detail: /nothing at this path/
  }
]

/** What is received until the service closes the connection. */
const exchange = (baseUrl: string, octets: string, { half = false, plain = false } = {}) =>
  Effect.callback<string>((resume) => {
    const { port, protocol } = new URL(baseUrl)
    const isTls = protocol === "https:" && !plain
    const socket = isTls
      ? connectTls({ port: Number(port), host: "127.0.0.1", ...trust })
      : connectPlain(Number(port), "127.0.0.1")
    let text = ""
    socket.once(
      isTls ? "secureConnect" : "connect",
      () => half ? socket.end(octets, "latin1") : socket.write(octets, "latin1")
    )
    socket.on("data", (chunk: Buffer) => text += chunk.toString("latin1"))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
  }).pipe(Effect.timeout("20 seconds"))

const assertProblem = (text: string, status: number, detail: RegExp) => {
  const [head = "", body = ""] = text.split("\r\n\r\n")
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} \\w`), text)
  const fieldOf = (name: string) => new RegExp(`^${name}: *(.*)$`, "im").exec(head.replaceAll("\r", ""))?.[1]
  assert.strictEqual(fieldOf("content-type"), "application/problem+json")
  assert.strictEqual(fieldOf("content-length"), String(Buffer.byteLength(body)))
  assert.strictEqual(fieldOf("connection"), "close")
  assert.strictEqual(fieldOf("cache-control"), "no-store")
  const problem = JSON.parse(body)
  assert.strictEqual(problem.status, status)
  assert.strictEqual(problem.type, `urn:posh:problem:${problem.code}`)
  assert.match(problem.detail, detail)
  assert.match(fieldOf("x-request-id") ?? "", /^[\da-f-]{36}$/)
  assert.strictEqual(problem.instance, `urn:posh:request:${fieldOf("x-request-id")}`)
  if (status === 405) assert.isDefined(fieldOf("allow"), "RFC 9110 §15.5.6")
}

describe("a refusal is a problem", () => {
  for (const [over, tls] of [["TCP", undefined], ["TLS", fleetKeys.serverTls]] as const) {
    describe(`over ${over}`, () => {
      it.layer(Service.layer(fakeVerifier({}).layer, tls === undefined ? {} : { tls }), { excludeTestServices: true })(
        (it) => {
          for (const { detail, half = false, name, octets, status } of rows) {
            it.effect(name, () =>
              Effect.gen(function*() {
                const { baseUrl } = yield* Service
                assertProblem(yield* exchange(baseUrl, octets, { half }), status, detail)
              }))
          }

          it.effect("an empty line before the request is ignored (RFC 9112 §2.2)", () =>
            Effect.gen(function*() {
              const { baseUrl } = yield* Service
              assert.match(yield* exchange(baseUrl, `\r\n${get("Connection: close\r\n")}`), /^HTTP\/1\.1 200 /)
            }))

          it.effect("an absolute target is its path (RFC 9112 §3.2.2)", () =>
            Effect.gen(function*() {
              const { baseUrl } = yield* Service
              for (const target of ["http://posh/health/live", "HTTPS://a.example:1/health/live?a"]) {
                const text = yield* exchange(baseUrl, get("Connection: close\r\n", `GET ${target} HTTP/1.1`))
                assert.match(text, /^HTTP\/1\.1 200 /)
              }
            }))

          it.effect(
            "there is none for who asks nothing; who begins to ask gets 408",
            () =>
              Effect.gen(function*() {
                const { baseUrl } = yield* Service
                const [silent, emptyLine, begun, afterEmptyLine] = yield* Effect.all([
                  exchange(baseUrl, ""),
                  exchange(baseUrl, "\r\n"),
                  exchange(baseUrl, "GET"),
                  exchange(baseUrl, "\r\nGET /health/live HTTP/1.1\r\n")
                ], { concurrency: "unbounded" })
                assert.deepStrictEqual([silent, emptyLine], ["", ""])
                assertProblem(begun, 408, /in time/)
                assertProblem(afterEmptyLine, 408, /in time/)
              }),
            120_000
          )

          if (tls === undefined) {
            it.effect("TLS to a port of plain HTTP", () =>
              Effect.gen(function*() {
                const { baseUrl } = yield* Service
                assertProblem(yield* exchange(baseUrl, "\x16\x03\x01\x02\0\x01"), 400, /plain HTTP/)
              }))
          } else {
            it.effect("plain HTTP to a port of TLS", () =>
              Effect.gen(function*() {
                const { baseUrl } = yield* Service
                assertProblem(yield* exchange(baseUrl, get(""), { plain: true }), 400, /HTTPS/)
              }))
          }
        }
      )
    })
  }
})
