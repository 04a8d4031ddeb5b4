/** Fetches through the operator's egress proxy, a real one, and through no other (POSH-SEC-11). */
import { assert, describe, it, layer } from "@effect/vitest"
import { Behave, countingListener, makeDns, makeOrigins, sha256Base64 } from "@posh/testing"
import { Effect, Exit, Fiber, Layer, Redacted, Result } from "effect"
import { createServer as createHttpServer } from "node:http"
import { connect, createServer, type Server, type Socket } from "node:net"
import type { FetchCode } from "../../src/fetch/Fetcher.ts"
import { HttpsFetcher, parsePins, parseProxy, type Proxy } from "../../src/node/index.ts"
import { connectTo, get, layerFetcher, layerWeb, outcome, Web } from "./world.ts"

const password = "s3cret%2Fwörd:of the proxy"
const basic = `Basic ${Buffer.from(`posh:${password}`).toString("base64")}`
const proxyAt = (port: number): Proxy => ({ host: "127.0.0.1", port })

/** Listens on loopback; the scope closes it with all connections. */
const listen = (server: Server) => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)))
  const start = Effect.callback<number>((resume) =>
    void server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  )
  const stop = Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })
  return Effect.acquireRelease(start, () => stop)
}

interface Asked {
  readonly method: string
  readonly authority: string
  readonly fields: ReadonlyArray<string>
}

/** A proxy whose tunnels all lead to one port of this machine; it records its requests. */
const makeProxy = (toPort: number) =>
  Effect.gen(function*() {
    const asked: Array<Asked> = []
    const state = { open: 0 }
    const server = createHttpServer((request, response) => {
      asked.push({ method: request.method ?? "", authority: request.url ?? "", fields: request.rawHeaders })
      response.writeHead(400).end()
    })
    server.on("connection", (socket: Socket) => {
      state.open += 1
      socket.once("close", () => state.open -= 1)
    })
    server.on("connect", (request, client: Socket) => {
      asked.push({ method: request.method ?? "", authority: request.url ?? "", fields: request.rawHeaders })
      const origin = connect(toPort, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n")
        origin.pipe(client).pipe(origin)
      })
      origin.on("error", () => client.destroy()).on("close", () => client.destroy())
      client.on("error", () => origin.destroy()).on("close", () => origin.destroy())
    })
    return { asked, state, port: yield* listen(server) }
  })

/** A proxy that responds to any CONNECT with these octets. */
const answering = (answer: string, end = false) =>
  listen(createServer((socket) =>
    void socket.once("data", () => {
      socket.write(answer)
      if (end) socket.end()
    })
  ))

const pins = Result.getOrThrow(parsePins(`im.example sha256/${"A".repeat(43)}=`))

const hosts = {
  "im.example": { routes: { "/": Behave.json({}), "/hang": Behave.hang } },
  "wrong-name.example": { tls: { _tag: "WrongName" } },
  "stranger.example": { tls: { _tag: "UntrustedRoot" } },
  "expired.example": { tls: { _tag: "Expired" } }
} as const

layer(layerWeb(hosts), { excludeTestServices: true })("through the egress proxy (POSH-SEC-11)", (it) => {
  it.effect("one CONNECT to host:443, TLS with the origin, evidence without an address, and no DNS", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.reset()
      const [proxy, dns] = yield* Effect.all([makeProxy(web.port), makeDns({ "im.example": { a: ["127.0.0.1"] } })])
      const options = { proxy: proxyAt(proxy.port), dnsServers: [dns.server] }
      const { body, status, trace } = yield* Effect.provide(get({ host: "im.example" }), layerFetcher(web, options))
      assert.deepStrictEqual([status, Buffer.from(body).toString()], [200, "{}"])
      assert.deepStrictEqual(proxy.asked, [
        { method: "CONNECT", authority: "im.example:443", fields: ["Host", "im.example:443"] }
      ])
      assert.strictEqual(web.requests[0]?.sni, "im.example")
      assert.strictEqual(trace.tlsLeafSha256, sha256Base64((yield* web.certificateOf("im.example")).der))
      assert.notProperty(trace, "address")
      assert.lengthOf(dns.queries, 0)
    }))

  it.effect("A-labels and the target's port are what is asked for; the proxy may have a name", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const host = "xn--bcher-kva.example"
      web.setRoute(host, "/", Behave.json({}))
      const proxy = yield* makeProxy(web.port)
      const options = { proxy: { host: "localhost", port: proxy.port } }
      assert.strictEqual(yield* Effect.provide(outcome({ host, port: 8443 }), layerFetcher(web, options)), "200 {}")
      assert.deepStrictEqual(proxy.asked.map(({ authority }) => authority), [`${host}:8443`])
    }))

  it.effect("credentials are for the proxy and never for the origin", () =>
    Effect.gen(function*() {
      const web = yield* Web
      web.reset()
      const proxy = yield* makeProxy(web.port)
      const text = `http://posh:${encodeURIComponent(password)}@127.0.0.1:${proxy.port}`
      const options = { proxy: Result.getOrThrow(parseProxy(text)) }
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), layerFetcher(web, options)), "200 {}")
      assert.deepStrictEqual(proxy.asked.map(({ fields }) => fields), [
        ["Host", "im.example:443", "Proxy-Authorization", basic]
      ])
      assert.deepStrictEqual(
        web.requests.map(({ headers }) => headers.map(([name]) => name.toLowerCase())),
        [["host", "connection", "accept", "user-agent", "accept-encoding"]]
      )
    }))

  it.effect("an override goes there directly (POSH_CONNECT_TO)", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const proxy = yield* makeProxy(web.port)
      const options = { proxy: proxyAt(proxy.port), connectTo: connectTo(`im.example:443=127.0.0.1:${web.port}`) }
      const fetcher = yield* Layer.build(layerFetcher(web, options))
      const { trace } = yield* Effect.provide(get({ host: "im.example" }), fetcher)
      assert.deepStrictEqual([trace.address, proxy.asked.length], ["127.0.0.1", 0])
      yield* Effect.provide(outcome({ host: "other.example" }), fetcher)
      assert.deepStrictEqual(proxy.asked.map(({ authority }) => authority), ["other.example:443"])
    }))

  it.effect("and not through that of the environment", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const [proxy, ambient] = yield* Effect.all([makeProxy(web.port), countingListener()])
      const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"]
      const before = names.map((name) => [name, process.env[name]] as const)
      yield* Effect.acquireRelease(
        Effect.sync(() => names.forEach((name) => process.env[name] = `http://127.0.0.1:${ambient.port}`)),
        () =>
          Effect.sync(() =>
            before.forEach(([name, value]) =>
              value === undefined ? delete process.env[name] : process.env[name] = value
            )
          )
      )
      const options = { proxy: proxyAt(proxy.port) }
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), layerFetcher(web, options)), "200 {}")
      assert.deepStrictEqual([proxy.asked.length, ambient.count()], [1, 0])
    }))

  it.effect.each<readonly [host: string, code: FetchCode]>([
    ["wrong-name.example", "TlsHostnameMismatch"],
    ["stranger.example", "TlsCertificateUntrusted"],
    ["expired.example", "TlsCertificateExpired"],
    ["im.example", "PinMismatch"] // POSH-RES-37
  ])("certificates are checked as without it: %s → %s", ([host, code]) =>
    Effect.gen(function*() {
      const web = yield* Web
      const proxy = yield* makeProxy(web.port)
      const fetcher = yield* Layer.build(layerFetcher(web, { proxy: proxyAt(proxy.port), pins }))
      const error = yield* Effect.flip(Effect.provide(get({ host }), fetcher))
      assert.strictEqual(error.code, code)
      assert.isString(error.trace.tlsLeafSha256)
      assert.notInclude(error.message, "proxy") // the origin's fault
    }))

  const ok = "HTTP/1.1 200 OK\r\n\r\n"
  const filler = (octets: number) => `X-Filler: ${"x".repeat(octets)}\r\n`

  it.effect.each<readonly [what: string, answer: string, end: boolean, code: FetchCode, detail: string]>([
    ["403: it refuses the address", "HTTP/1.1 403 No\r\n\r\n", true, "BlockedAddress", "the egress proxy answered 403"],
    ["502", "HTTP/1.1 502 Bad\r\n\r\n", true, "ConnectionRefused", "the egress proxy answered 502"],
    ["504", "HTTP/1.1 504 Late\r\n\r\n", true, "ConnectTimeout", "the egress proxy answered 504"],
    ["407", "HTTP/1.1 407 Who\r\n\r\n", true, "NetworkUnreachable", "the egress proxy answered 407"],
    ["500", "HTTP/1.1 500 Oh\r\n\r\n", true, "NetworkUnreachable", "the egress proxy answered 500"],
    ["503", "HTTP/1.1 503 Oh\r\n\r\n", true, "NetworkUnreachable", "the egress proxy answered 503"],
    ["302", "HTTP/1.1 302 X\r\nLocation: /\r\n\r\n", true, "NetworkUnreachable", "the egress proxy answered 302"],
    ["101", "HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", false, "NetworkUnreachable", "the egress proxy answered 101"],
    ["no HTTP", "SSH-2.0-OpenSSH_9.9\r\n", false, "NetworkUnreachable", "the egress proxy: HPE_INVALID_CONSTANT"],
    [
      "an oversized field",
      `HTTP/1.1 200 OK\r\n${filler(17_000)}\r\n`,
      false,
      "NetworkUnreachable",
      "the egress proxy: HPE_HEADER_OVERFLOW"
    ],
    [
      "too many fields",
      `HTTP/1.1 200 OK\r\n${filler(1_000).repeat(17)}\r\n`,
      false,
      "NetworkUnreachable",
      "the egress proxy: HPE_HEADER_OVERFLOW"
    ],
    ["the end in its head", "HTTP/1.1 200 OK\r\n", true, "NetworkUnreachable", "the egress proxy: ECONNRESET"],
    ["half a head", "HTTP/1.1 200 OK\r\n", false, "ConnectTimeout", "the egress proxy: 300 ms"],
    ["nothing", "", false, "ConnectTimeout", "the egress proxy: 300 ms"],
    ["the end at once", "", true, "NetworkUnreachable", "the egress proxy: ECONNRESET"],
    ["200, and then nothing: the origin's silence", ok, false, "ConnectTimeout", "300 ms"],
    ["200, and then the end: the origin's", ok, true, "ConnectionReset", "ECONNRESET"],
    ["200, and XMPP with it", `${ok}<?xml version='1.0'?>`, false, "TlsHandshakeFailed", "ERR_SSL_WRONG_VERSION_NUMBER"]
  ])("it answers: %s", ([, answer, end, code, detail]) =>
    Effect.gen(function*() {
      const port = yield* answering(answer, end)
      const proxy = { ...proxyAt(port), authorization: Redacted.make(basic) }
      const fetcher = yield* Layer.build(layerFetcher(yield* Web, { proxy }))
      const question = { host: "im.example", limits: { connectMs: 300 } }
      const error = yield* Effect.flip(Effect.provide(get(question), fetcher))
      assert.deepStrictEqual([error.code, error.detail], [code, detail])
      assert.notProperty(error.trace, "address")
      assert.notInclude(`${error.message} ${JSON.stringify(error)} ${error.stack ?? ""}`, basic.slice(6))
    }))

  it.effect("almost 16 KiB of head are read", () =>
    Effect.gen(function*() {
      const port = yield* answering(`HTTP/1.1 200 OK\r\n${filler(1_000).repeat(15)}\r\n`, true)
      const fetcher = layerFetcher(yield* Web, { proxy: proxyAt(port) })
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), fetcher), "ConnectionReset")
    }))

  it.effect.each<readonly [what: string, proxy: Proxy, code: FetchCode, detail: RegExp]>([
    ["it does not listen", proxyAt(2), "NetworkUnreachable", /^the egress proxy: ECONNREFUSED$/],
    ["no route to it", { host: "224.0.0.1", port: 3128 }, "NetworkUnreachable", /^the egress proxy: E[A-Z]+UNREACH$/],
    ["its name is none", { host: `${"x".repeat(64)}.invalid`, port: 3128 }, "NetworkUnreachable", /^the egress proxy: /]
  ])("it cannot be reached: %s", ([, proxy, code, detail]) =>
    Effect.gen(function*() {
      const fetcher = yield* Layer.build(layerFetcher(yield* Web, { proxy }))
      const error = yield* Effect.flip(Effect.provide(get({ host: "im.example" }), fetcher))
      assert.strictEqual(error.code, code)
      assert.match(error.detail ?? "", detail)
      assert.notProperty(error.trace, "address")
    }))

  it.effect("its answer and the handshake share one connectMs", () =>
    Effect.gen(function*() {
      const late = yield* listen(createServer((socket) =>
        void socket.once("data", () => {
          setTimeout(() => socket.write(ok), 1_000)
        })
      ))
      const fetcher = yield* Layer.build(layerFetcher(yield* Web, { proxy: proxyAt(late) }))
      const question = { host: "im.example", limits: { connectMs: 1_500 } }
      const { code, detail, trace } = yield* Effect.flip(Effect.provide(get(question), fetcher))
      assert.deepStrictEqual([code, detail], ["ConnectTimeout", "1500 ms"])
      assert.isBelow(trace.endedAt - trace.startedAt, 2_400) // each with its own: 2,500
    }))
})

const eventually = (condition: () => boolean) =>
  Effect.sleep(2).pipe(Effect.repeat({ until: condition }), Effect.timeout(20_000))

/** Longer than what follows waits, so that nothing else ends the request. */
const patient = { connectMs: 60_000, firstByteMs: 60_000, requestMs: 60_000, attemptMs: 60_000 }

describe("interruption closes the way through the proxy and beyond", () => {
  it.live("while the proxy is asked", () =>
    Effect.gen(function*() {
      const state = { asked: 0, closed: 0 }
      const port = yield* listen(createServer((socket) => {
        socket.once("data", () => state.asked += 1).on("close", () => state.closed += 1)
      }))
      const fetcher = HttpsFetcher.layer({ userAgent: "test", proxy: proxyAt(port) })
      const fiber = yield* Effect.forkChild(Effect.provide(get({ host: "im.example", limits: patient }), fetcher))
      yield* eventually(() => state.asked === 1)
      assert.strictEqual(state.closed, 0)
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => state.closed === 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))

  it.live("while the origin is awaited", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins(hosts)
      const proxy = yield* makeProxy(origins.port)
      const fetcher = yield* Layer.build(layerFetcher(origins, { proxy: proxyAt(proxy.port) }))
      const fiber = yield* Effect.forkChild(
        Effect.provide(get({ host: "im.example", path: "/hang", limits: patient }), fetcher)
      )
      yield* eventually(() => origins.requests.length === 1)
      assert.strictEqual(proxy.state.open, 1)
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => proxy.state.open === 0)
      yield* eventually(() => sockets() === 0)
    }))
})

/** Open connections of this process, both ends, without listeners. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length
