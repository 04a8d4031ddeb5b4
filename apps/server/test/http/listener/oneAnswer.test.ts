/**
 * Exactly one final response to each request, whatever follows on the connection.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect as connectPlain } from "node:net"
import { connect as connectTls } from "node:tls"
import { fleetKeys, trust } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { domainOf, layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"

const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "slow.example" ? undefined : verified,
  verify: () => Effect.as(Effect.sleep("300 millis"), verified)
})

const body = (domain = "a.example") => JSON.stringify({ domain, service: "xmpp-server", certificate: "MAA=" })
const post = (path: string, framing: string, rest: string, more = "Host: posh\r\n") =>
  `POST ${path} HTTP/1.1\r\n${more}Content-Type: application/json\r\n${framing}\r\n\r\n${rest}`
const chunked = "Transfer-Encoding: chunked"
const usual = (domain?: string) => post("/v1/verify", `Content-Length: ${body(domain).length}`, body(domain))
const live = "GET /health/live HTTP/1.1\r\nHost: posh\r\n\r\n"

interface Row {
  readonly name: string
  /** Written in sequence, each after a response or a pause. */
  readonly octets: ReadonlyArray<string>
  readonly statuses: ReadonlyArray<number>
}

const rows: ReadonlyArray<Row> = [
  { name: "a bad chunk after 404", octets: [post("/", chunked, "5 x\r\n")], statuses: [404] },
  { name: "a bad chunk, later, after 404", octets: [post("/", chunked, ""), "zz\r\n"], statuses: [404] },
  {
    name: "a bad chunk after 415",
    octets: [`POST /v1/verify HTTP/1.1\r\nHost: a\r\n${chunked}\r\n\r\n`, "5 x\r\n"],
    statuses: [415]
  },
  { name: "a bad chunk for an open route", octets: [post("/health/live", chunked, "5 x\r\n")], statuses: [405] },
  {
    name: "a bad chunk of a GET",
    octets: [`GET /health/live HTTP/1.1\r\nHost: a\r\n${chunked}\r\n\r\n`, "g\r\n"],
    statuses: [200]
  },
  { name: "a bad chunk without Host", octets: [post("/", chunked, "5 x\r\n", "")], statuses: [400] },
  {
    name: "a bad chunk with two Host fields",
    octets: [post("/", chunked, "5 x\r\n", "Host: a\r\nHost: b\r\n")],
    statuses: [400]
  },
  {
    name: "a bad chunk with an unsupported expectation",
    octets: [post("/v1/verify", chunked, "5 x\r\n", "Host: a\r\nExpect: 200-ok\r\n")],
    statuses: [417]
  },
  {
    name: "a bad chunk after 100 Continue",
    octets: [post("/v1/verify", chunked, "", "Host: a\r\nExpect: 100-continue\r\n"), "5 x\r\n"],
    statuses: [400]
  },
  {
    name: "a bad chunk of a body that is read",
    octets: [post("/v1/verify", chunked, "5\r\nabcde\r\n"), "x\r\n"],
    statuses: [400]
  },
  { name: "a bad trailer after 404", octets: [post("/", chunked, "1\r\na\r\n0\r\n"), "a b\r\n\r\n"], statuses: [404] },
  {
    name: "a bad trailer of a body that is read",
    octets: [post("/v1/verify", chunked, "1\r\na\r\n0\r\na b\r\n\r\n")],
    statuses: [400]
  },
  { name: "no HTTP after an answer", octets: [live, "hello\r\n\r\n"], statuses: [200, 400] },
  { name: "no HTTP behind a pending question", octets: [`${usual("slow.example")}hello\r\n\r\n`], statuses: [200] },
  {
    name: "a header too large behind pending questions",
    octets: [`${usual("slow.example")}${usual("slow.example")}GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}`],
    statuses: [200, 200]
  },
  {
    name: "a bad chunk behind a pending question",
    octets: [`${usual("slow.example")}${post("/v1/verify", chunked, "5 x\r\n")}`],
    statuses: [200, 400]
  },
  {
    name: "a bad chunk behind a pending question, twice",
    octets: [`${usual("slow.example")}${post("/", chunked, "")}`, "zz\r\n", "zz\r\n"],
    statuses: [200, 404]
  },
  {
    name: "an upgrade with a bad chunk",
    octets: [post("/", chunked, "5 x\r\n", "Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n")],
    statuses: [404]
  }
]

/** Final statuses until the service closes the connection. */
const exchange = (baseUrl: string, octets: ReadonlyArray<string>) =>
  Effect.callback<ReadonlyArray<number>>((resume) => {
    const url = new URL(baseUrl)
    const port = Number(url.port)
    const socket = url.protocol === "http:"
      ? connectPlain(port, "127.0.0.1")
      : connectTls({ port, host: "127.0.0.1", ...trust })
    const left = [...octets]
    let text = ""
    const next = () => {
      const more = left.shift()
      if (more !== undefined) socket.write(more, "latin1", () => void setTimeout(next, 60))
    }
    socket.once(url.protocol === "http:" ? "connect" : "secureConnect", next)
    socket.on("data", (chunk: Buffer) => text += chunk.toString("latin1"))
    socket.on("error", () => undefined)
    socket.on(
      "close",
      () => resume(Effect.succeed([...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d)/g)].map((match) => Number(match[1]))))
    )
  }).pipe(Effect.timeout("10 seconds"))

describe("one response to a request", () => {
  for (const [over, tls] of [["TCP", undefined], ["TLS", fleetKeys.serverTls]] as const) {
    describe(`over ${over}`, () => {
      it.layer(Service.layer(verifier, tls === undefined ? {} : { tls }), { excludeTestServices: true })((it) => {
        for (const { name, octets, statuses } of rows) {
          it.effect(name, () =>
            Effect.gen(function*() {
              const { baseUrl } = yield* Service
              assert.deepStrictEqual(yield* exchange(baseUrl, octets), statuses)
            }))
        }
      })
    })
  }
})
