/**
 * The PROXY protocol, version 2, and what its source is used for.
 */
import { assert, describe, it } from "@effect/vitest"
import { parseNetworks } from "@posh/core/node"
import { Effect, Result, Schema } from "effect"
import { connect as connectPlain } from "node:net"
import { connect as connectTls } from "node:tls"
import { Callers } from "../../../src/access/Callers.ts"
import { longestProxyHeader, parseProxyHeader } from "../../../src/connections/proxyHeader.ts"
import { fleetKeys, trust } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { fakeVerifier } from "../../service/verdicts.ts"

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex")

const header = (
  command: number,
  family: number,
  payload: Uint8Array,
  length = payload.length
): Buffer => Buffer.concat([signature, Uint8Array.of(command, family, length >> 8, length & 0xff), payload])

const ports = [0x12, 0x67, 0x01, 0xbb]
const v4 = (...source: ReadonlyArray<number>) => Uint8Array.of(...source, 10, 0, 0, 1, ...ports)
const v6 = (source: string) => Buffer.concat([Buffer.from(source, "hex"), Buffer.alloc(16), Uint8Array.of(...ports)])
const proxied = header(0x21, 0x11, v4(198, 51, 100, 1))
const local = header(0x20, 0, Uint8Array.of())

describe("the header", () => {
  const rows: ReadonlyArray<readonly [name: string, octets: Buffer, tag: string, source?: string]> = [
    ["TCP over IPv4", proxied, "complete", "198.51.100.1"],
    ["UDP over IPv4", header(0x21, 0x12, v4(198, 51, 100, 1)), "complete", "198.51.100.1"],
    ["TCP over IPv6", header(0x21, 0x21, v6("20010db8000000000000000000000001")), "complete", "2001:db8::1"],
    ["mapped IPv4", header(0x21, 0x21, v6("00000000000000000000ffffc6336401")), "complete", "198.51.100.1"],
    [
      "with values behind the addresses",
      header(0x21, 0x11, Buffer.concat([v4(1, 2, 3, 4), Uint8Array.of(4, 0, 1, 0)])),
      "complete",
      "1.2.3.4"
    ],
    ["the proxy itself", local, "complete"],
    ["the proxy itself, with addresses that do not count", header(0x20, 0x11, v4(1, 2, 3, 4)), "complete"],
    ["an unspecified family", header(0x21, 0x00, Uint8Array.of()), "complete"],
    ["a socket of Unix", header(0x21, 0x31, Buffer.alloc(216)), "complete"],
    ["nothing yet", Buffer.alloc(0), "incomplete"],
    ["half of it", proxied.subarray(0, 20), "incomplete"],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n"), "malformed"],
    ["one octet of HTTP", Buffer.from("G"), "malformed"],
    ["version 1", Buffer.from("PROXY TCP4 198.51.100.1 10.0.0.1 4711 443\r\n"), "malformed"],
    ["version 3", header(0x31, 0x11, v4(1, 2, 3, 4)), "malformed"],
    ["an unknown command", header(0x22, 0x11, v4(1, 2, 3, 4)), "malformed"],
    ["fewer octets than the addresses take", header(0x21, 0x11, Uint8Array.of(1, 2, 3, 4)), "malformed"],
    ["more than is read", header(0x21, 0x11, Uint8Array.of(), longestProxyHeader), "malformed"]
  ]
  for (const [name, octets, tag, source] of rows) {
    it(name, () => {
      const parsed = parseProxyHeader(octets)
      assert.strictEqual(parsed._tag, tag)
      assert.strictEqual(parsed._tag === "complete" ? parsed.source : undefined, source)
    })
  }

  it.effect.prop("never throws", [Schema.Uint8Array], ([octets]) =>
    Effect.sync(() => {
      parseProxyHeader(Buffer.from(octets))
      parseProxyHeader(Buffer.concat([signature, octets]))
    }))
})

const get = (more = "") => `GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`

/** What is received until the service closes the connection. `parts` are written one after the other. */
const exchange = (baseUrl: string, parts: ReadonlyArray<string | Buffer>, secured?: string) =>
  Effect.callback<string>((resume) => {
    const socket = connectPlain(Number(new URL(baseUrl).port), "127.0.0.1")
    const left = [...parts]
    let text = ""
    const next = () => {
      const part = left.shift()
      if (part !== undefined) return void socket.write(part, () => void setTimeout(next, 10))
      if (secured === undefined) return
      const inner = connectTls({ socket, host: "127.0.0.1", ...trust })
      inner.on("error", () => undefined).on("data", (chunk: Buffer) => text += chunk.toString("latin1"))
      inner.write(secured)
    }
    socket.setNoDelay(true)
    socket.once("connect", next)
    if (secured === undefined) socket.on("data", (chunk: Buffer) => text += chunk.toString("latin1"))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
  }).pipe(Effect.timeout("20 seconds"))

const networks = (text: string) => Result.getOrThrow(parseNetworks(text))
const believing = { proxyProtocol: true, trustedProxies: networks("127.0.0.1/32") }
const { layer: verifier } = fakeVerifier({})

describe("a connection from a trusted proxy", () => {
  it.layer(
    Service.layer(verifier, { callers: Callers.layerThisMachine, limits: { ...believing, maxConnections: 4 } }),
    { excludeTestServices: true }
  )((it) => {
    it.effect.each<readonly [name: string, parts: ReadonlyArray<string | Buffer>, answer: RegExp]>([
      ["speaks for itself", [Buffer.concat([local, Buffer.from(get())])], /^HTTP\/1\.1 200 /],
      ["speaks for itself, header and request apart", [local, get()], /^HTTP\/1\.1 200 /],
      [
        "speaks octet by octet",
        Array.from(Buffer.concat([local, Buffer.from("GET")]), (octet) => Buffer.of(octet)).concat([
          Buffer.from(get().slice(3))
        ]),
        /^HTTP\/1\.1 200 /
      ],
      ["has a client on this machine", [header(0x21, 0x11, v4(127, 0, 0, 1)), get()], /^HTTP\/1\.1 200 /],
      ["has a client elsewhere, which is not this machine", [proxied, get()], /^HTTP\/1\.1 403 /],
      [
        "has a client that names this machine as its client",
        [proxied, get("X-Forwarded-For: 127.0.0.1\r\n")],
        /^HTTP\/1\.1 403 /
      ],
      ["without the header is closed", [get()], /^$/],
      ["with version 1 is closed", ["PROXY TCP4 1.2.3.4 10.0.0.1 1 2\r\n", get()], /^$/],
      ["with a second header is no HTTP", [Buffer.concat([local, local]), get()], /^HTTP\/1\.1 400 /]
    ])("%s", ([, parts, answer]) =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        assert.match(yield* exchange(baseUrl, parts), answer)
      }))

    it.effect(
      "without a whole header is closed after ten seconds; so is one that was opened ahead, without a word",
      () =>
        Effect.gen(function*() {
          const { baseUrl } = yield* Service
          const startedAt = performance.now()
          const answers = yield* Effect.forEach(
            [[proxied.subarray(0, 10)], [proxied], [proxied, "\r\n"], [proxied, "GET /"]],
            (parts) => exchange(baseUrl, parts),
            { concurrency: "unbounded" }
          )
          assert.isBelow(performance.now() - startedAt, 14_000)
          assert.deepStrictEqual(answers.slice(0, 3), ["", "", ""])
          assert.match(answers[3] ?? "", /^HTTP\/1\.1 408 /)
        }),
      120_000
    )
  })

  it.layer(Service.layer(verifier, { limits: believing, tls: fleetKeys.serverTls }), { excludeTestServices: true })(
    (it) => {
      it.effect("speaks TLS behind the header", () =>
        Effect.gen(function*() {
          const { baseUrl } = yield* Service
          assert.match(yield* exchange(baseUrl, [proxied], get()), /^HTTP\/1\.1 200 /)
        }))
    }
  )
})

describe("a connection from elsewhere", () => {
  it.layer(
    Service.layer(verifier, { limits: { proxyProtocol: true, trustedProxies: networks("10.0.0.0/8") } }),
    { excludeTestServices: true }
  )((it) => {
    it.effect("needs no header, and cannot name a source", () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        assert.match(yield* exchange(baseUrl, [get()]), /^HTTP\/1\.1 200 /)
        assert.match(yield* exchange(baseUrl, [proxied, get()]), /^HTTP\/1\.1 400 /)
      }))
  })
})
