/** Plain HTTP to servers of strangers, over real sockets. */
import { assert, describe, it } from "@effect/vitest"
import { countingListener, makeDns, makePlainOrigin, type PlainPage } from "@posh/testing"
import { Effect, Layer, Result } from "effect"
import { type AddressInfo, createServer, type Server } from "node:net"
import { CertificateFetcher } from "../../src/fetch/certificates/CertificateFetcher.ts"
import { attemptLimits, issuerLimits } from "../../src/Limits.ts"
import { type EgressOptions, HttpCertificateFetcher, parseProxy } from "../../src/node/index.ts"
import type { Domain } from "../../src/question/Domain.ts"
import { connectTo, networks } from "./world.ts"

const host = "ca.example" as Domain

const fetchFrom = (options: Partial<EgressOptions>, path = "/i.cer") =>
  CertificateFetcher.use(({ get }) =>
    get({
      target: { url: `http://${host}${path}`, host, port: 80, path },
      sourceDomain: host,
      hadMaterial: false,
      waiting: {},
      accept: "application/pkix-cert",
      limits: { ...attemptLimits, requestMs: 500, firstByteMs: 400, connectMs: 300 },
      bodyLimit: ({ status }) => status === 200 ? issuerLimits.octets : undefined
    })
  ).pipe(
    Effect.match({
      onFailure: ({ code }) => code,
      onSuccess: ({ body, status }) => `${status} ${body.length}`
    }),
    Effect.provide(Layer.orDie(HttpCertificateFetcher.layer({ userAgent: "posh-test/1.0", ...options })))
  )

const rows: ReadonlyArray<readonly [name: string, page: PlainPage, outcome: string]> = [
  ["a file", { body: new Uint8Array(700) }, "200 700"],
  ["of the largest size", { body: new Uint8Array(issuerLimits.octets) }, `200 ${issuerLimits.octets}`],
  ["one octet larger", { body: new Uint8Array(issuerLimits.octets + 1) }, "BodyTooLarge"],
  [
    "one that ends early",
    { headers: { "content-length": "700" }, body: new Uint8Array(700), stallAfter: 10 },
    "ResponseTimeout"
  ],
  [
    "one that does not begin",
    { headers: { "content-length": "700" }, body: new Uint8Array(700), stallAfter: 0 },
    "ResponseTimeout"
  ],
  [
    "an unknown coding",
    { headers: { "content-encoding": "br" }, body: new Uint8Array(7) },
    "UnsupportedContentEncoding"
  ],
  ["a redirect, which is not followed", { status: 302, headers: { location: "http://other.example/" } }, "302 0"],
  ["nothing", { status: 404, body: new Uint8Array(100) }, "404 0"]
]

describe("HttpCertificateFetcher", () => {
  it.live.each(rows)("%s", ([, page, outcome]) =>
    Effect.gen(function*() {
      const origin = yield* makePlainOrigin
      origin.set("/i.cer", page)
      assert.strictEqual(yield* fetchFrom({ connectTo: connectTo(`${host}:80=127.0.0.1:${origin.port}`) }), outcome)
      assert.deepStrictEqual(origin.requests, [`${host} /i.cer`])
    }).pipe(Effect.scoped))

  it.live("SEC-10: an address that is not public is not dialled, unless the operator exempts it", () =>
    Effect.gen(function*() {
      const listener = yield* countingListener()
      const dns = yield* makeDns({ [host]: { a: [listener.address] } })
      const options = { dnsServers: [dns.server] }
      assert.strictEqual(yield* fetchFrom(options), "BlockedAddress")
      assert.strictEqual(listener.count(), 0)
      assert.notStrictEqual(yield* fetchFrom({ ...options, allowNetworks: networks("127.0.0.0/8") }), "BlockedAddress")
    }).pipe(Effect.scoped))

  it.live("SEC-11: the egress proxy is asked for port 80, and its password stays with it", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const received: Array<string> = []
      const proxy = createServer((socket) => {
        socket.on("error", () => undefined).on("data", (octets: Buffer) => {
          const heads = asked.length === 0 ? asked : received
          heads.push(octets.toString("latin1"))
          if (heads === asked) socket.write("HTTP/1.1 200 OK\r\n\r\n")
          else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        })
      })
      const port = yield* listenOn(proxy)
      const options = { proxy: Result.getOrThrow(parseProxy(`http://posh:secret@127.0.0.1:${port}`)) }
      assert.strictEqual(yield* fetchFrom(options), "200 3")
      assert.match(asked[0] ?? "", /^CONNECT ca\.example:80 HTTP\/1\.1\r\n[^]*Proxy-Authorization: Basic /)
      assert.match(received[0] ?? "", /^GET \/i\.cer HTTP\/1\.1\r\n/)
      assert.notMatch(received[0] ?? "", /authorization/i)
    }).pipe(Effect.scoped))
})

const listenOn = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) =>
      void server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    ),
    () => Effect.sync(() => server.close())
  )
