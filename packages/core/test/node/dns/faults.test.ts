/** Resolvers, and strangers who pretend to be one, that do what they should not. */
import { assert, describe, it } from "@effect/vitest"
import { issue, rootCa } from "@posh/testing"
import { Effect, Layer } from "effect"
import { createSocket } from "node:dgram"
import * as ValidatingResolver from "../../../src/node/dns/ValidatingResolver.ts"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { domain } from "../../proof/dane/world.ts"
import {
  AD,
  answerTo,
  type Datagram,
  type HttpsAnswer,
  makeFaulty,
  makeFaultyHttps,
  type Segment,
  TC
} from "./faultyResolver.ts"

const resolverAt = (port: number, tryMs: number) =>
  SecureResolver.layer.pipe(
    Layer.provide(ValidatingResolver.layer({ endpoint: { protocol: "dns", address: "127.0.0.1", port }, tryMs }))
  )
const query = (name = "im.example") => SecureResolver.use((resolver) => resolver.query(name, "A", { ms: 20_000 }))

const honest = ({ query, send }: Datagram | Segment) => send(answerTo(query, { flags: AD }))
const truncated = ({ query, send }: Datagram) => send(answerTo(query, { flags: AD | TC }))

/** Sends from a port that is not the resolver's. */
const fromElsewhere = ({ from, query }: Datagram, then: () => void) => {
  const stranger = createSocket("udp4")
  stranger.send(answerTo(query, { flags: AD, address: "192.0.2.66" }), from.port, from.address, () => {
    stranger.close()
    setTimeout(then, 20)
  })
}

interface Row {
  readonly name: string
  readonly udp: (datagram: Datagram) => void
  readonly tcp?: (segment: Segment) => void
  readonly status: "secure" | "insecure" | "indeterminate"
}

const rows: ReadonlyArray<Row> = [
  { name: "an answer", udp: honest, status: "secure" },
  {
    name: "a lie about AD from elsewhere",
    udp: (datagram) => fromElsewhere(datagram, () => datagram.send(answerTo(datagram.query))),
    status: "insecure"
  },
  {
    name: "an answer from elsewhere alone",
    udp: (datagram) => fromElsewhere(datagram, () => undefined),
    status: "indeterminate"
  },
  {
    name: "an answer with another id before",
    udp: ({ query, send }) => {
      send(answerTo(query, { flags: AD, id: (query.id ?? 0) ^ 1 }))
      send(answerTo(query))
    },
    status: "insecure"
  },
  {
    name: "an answer to another question before",
    udp: ({ query, send }) => {
      send(answerTo(query, { flags: AD, name: "other.example" }))
      send(answerTo(query))
    },
    status: "insecure"
  },
  {
    name: "noise before",
    udp: ({ query, send }) => {
      send(new Uint8Array(0))
      send(new Uint8Array(500))
      send(answerTo(query, { flags: AD }).subarray(0, -1))
      send(answerTo(query))
    },
    status: "insecure"
  },
  { name: "silence", udp: () => undefined, status: "indeterminate" },
  { name: "truncation, and TCP", udp: truncated, tcp: honest, status: "secure" },
  { name: "truncation, and nobody at TCP", udp: truncated, status: "indeterminate" },
  {
    name: "truncation over TCP too",
    udp: truncated,
    tcp: ({ query, send }) => send(answerTo(query, { flags: AD | TC })),
    status: "indeterminate"
  },
  {
    name: "TCP, octet by octet",
    udp: truncated,
    tcp: ({ query, socket }) => {
      const octets = answerTo(query, { flags: AD })
      for (const octet of [octets.length >> 8, octets.length & 0xff, ...octets]) socket.write(Uint8Array.of(octet))
    },
    status: "secure"
  },
  {
    name: "TCP, another answer before",
    udp: truncated,
    tcp: ({ query, send }) => {
      send(answerTo(query, { flags: AD, id: (query.id ?? 0) ^ 1 }))
      send(answerTo(query, { flags: AD, name: "other.example" }))
      send(answerTo(query))
    },
    status: "insecure"
  },
  {
    name: "TCP, cut off",
    udp: truncated,
    tcp: ({ socket }) => socket.end(Uint8Array.of(0, 40, 0)),
    status: "indeterminate"
  },
  {
    name: "TCP, 64 KiB",
    udp: truncated,
    tcp: ({ socket }) => socket.write(new Uint8Array(66_000).fill(0xff)),
    status: "indeterminate"
  },
  { name: "TCP, noise", udp: truncated, tcp: ({ send }) => send(new Uint8Array(500)), status: "indeterminate" },
  { name: "TCP, silence", udp: truncated, tcp: () => undefined, status: "indeterminate" }
]

describe("plain DNS", () => {
  it.live.each(rows)("POSH-PRF-20: $name", ({ status, tcp, udp }) =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* makeFaulty(udp, tcp)
      // Long where an answer comes, so that a busy machine fails nothing.
      const tryMs = status === "indeterminate" ? 300 : 5_000
      const answer = yield* query().pipe(Effect.provide(resolverAt(port, tryMs)))
      assert.strictEqual(answer.status, status, answer.detail)
    })))

  it.live("a second try has another id and another port, and the first answer then comes too late", () =>
    Effect.scoped(Effect.gen(function*() {
      const first: { datagram?: Datagram } = {}
      const { datagrams, port } = yield* makeFaulty((datagram) => {
        if (first.datagram === undefined) return void (first.datagram = datagram)
        first.datagram.send(answerTo(first.datagram.query, { flags: AD }))
        // Even where it reaches the port of the second try.
        datagram.send(answerTo(first.datagram.query, { flags: AD }))
        datagram.send(answerTo(datagram.query))
      })
      const answer = yield* query().pipe(Effect.provide(resolverAt(port, 1_500)))
      assert.strictEqual(answer.status, "insecure")
      assert.strictEqual(datagrams.length, 2)
      assert.strictEqual(new Set(datagrams.map(({ from }) => from.port)).size, 2)
      assert.strictEqual(new Set(datagrams.map(({ query }) => query.id)).size, 2)
    })))

  it.live("queries share a connection, in any order of answers, until it is closed", () =>
    Effect.scoped(Effect.gen(function*() {
      const waiting: Array<Segment> = []
      const { connections, port } = yield* makeFaulty(truncated, (segment) => {
        waiting.push(segment)
        if (waiting.length < 3) return
        for (const { query, send } of waiting.splice(0).toReversed()) send(answerTo(query, { flags: AD }))
      })
      yield* Effect.gen(function*() {
        const three = Effect.forEach(["a.example", "b.example", "c.example"], query, { concurrency: 3 })
        assert.isTrue((yield* three).every(({ records }) => records.length === 1))
        yield* three
        assert.strictEqual(connections.length, 1)
        connections[0]?.destroy()
        yield* Effect.sleep(50)
        assert.isTrue((yield* three).every(({ status }) => status === "secure"))
        assert.strictEqual(connections.length, 2)
      }).pipe(Effect.provide(resolverAt(port, 5_000)))
    })))

  it.live("a connection whose other end stays silent is given up", () =>
    Effect.scoped(Effect.gen(function*() {
      const { connections, port } = yield* makeFaulty(truncated, (segment) => {
        if (segment.socket !== connections[0]) honest(segment)
      })
      yield* Effect.gen(function*() {
        const asked = yield* Effect.forEach([1, 2, 3], () => query())
        assert.deepStrictEqual(asked.map(({ status }) => status), ["indeterminate", "indeterminate", "secure"])
        assert.strictEqual(connections.length, 2)
      }).pipe(Effect.provide(resolverAt(port, 1_000)))
    })))

  it.live("nobody listens", () =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* Effect.scoped(makeFaulty(honest))
      const answer = yield* query().pipe(Effect.provide(resolverAt(port, 5_000)))
      assert.strictEqual(answer.status, "indeterminate")
      assert.match(answer.detail, /ECONNREFUSED/)
    })))
})

const httpsRows: ReadonlyArray<
  readonly [
    name: string,
    change: (body: Uint8Array) => Partial<HttpsAnswer>,
    status: "secure" | "indeterminate",
    ttl?: number
  ]
> = [
  ["an answer over HTTP/1.1", () => ({}), "secure", 60],
  ["an answer that a cache kept", () => ({ age: "20" }), "secure", 40],
  ["an answer that a cache kept for too long", () => ({ age: "61" }), "secure"],
  ["an answer that a cache kept for nobody knows how long", () => ({ age: "-1" }), "secure"],
  ["status 500", () => ({ status: 500 }), "indeterminate"],
  ["a redirect", () => ({ status: 302 }), "indeterminate"],
  ["another media type", () => ({ contentType: "text/html" }), "indeterminate"],
  ["noise", () => ({ body: new Uint8Array(500) }), "indeterminate"],
  ["nothing", () => ({ body: new Uint8Array() }), "indeterminate"],
  ["a megabyte", () => ({ body: new Uint8Array(1_000_000) }), "indeterminate"],
  ["half an answer", (body) => ({ body: body.subarray(0, 20) }), "indeterminate"],
  ["another id", (body) => ({ body: body.map((octet, at) => at === 1 ? 1 : octet) }), "indeterminate"]
]

describe("DNS over HTTPS", () => {
  const name = domain("resolver.example")
  it.live.each(httpsRows)("POSH-PRF-20: %s", ([, change, status, ttl = 0]) =>
    Effect.scoped(Effect.gen(function*() {
      const root = yield* rootCa()
      const { keyPem, pem } = yield* issue(root, { dnsNames: [name] })
      const port = yield* makeFaultyHttps({ cert: pem, key: keyPem }, (asked) => {
        const body = answerTo(asked, { flags: AD })
        return { body, ...change(body) }
      })
      const resolver = ValidatingResolver.layer({
        endpoint: { protocol: "https", name, port, path: "/dns-query" },
        extraCa: root.pem,
        connectTo: [{ host: name, port: undefined, address: "127.0.0.1", toPort: undefined }],
        tryMs: 5_000
      })
      const ask = Effect.forEach([1, 2], () => query()).pipe(
        Effect.provide(SecureResolver.layer.pipe(Layer.provide(resolver)))
      )
      const answers = yield* ask
      assert.deepStrictEqual(answers.map((answer) => answer.status), [status, status])
      assert.deepStrictEqual(answers.map((answer) => answer.ttl), [ttl, ttl])
    })))
})
