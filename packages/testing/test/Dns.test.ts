import { assert, describe, it } from "@effect/vitest"
import { decode, encode } from "dns-packet"
import { Effect } from "effect"
import { createSocket } from "node:dgram"
import { promises } from "node:dns"
import { connect } from "node:net"
import { countingListener, makeDns } from "../src/index.ts"

const resolver = (server: string) => {
  const made = new promises.Resolver({ timeout: 150, tries: 1 })
  made.setServers([server])
  return made
}

const outcome = (resolve: () => Promise<ReadonlyArray<string>>) =>
  Effect.tryPromise({ try: resolve, catch: (error) => (error as NodeJS.ErrnoException).code ?? "unknown" }).pipe(
    Effect.match({ onFailure: (code): unknown => code, onSuccess: (records): unknown => records })
  )

const zone = {
  "a.example": { a: ["192.0.2.1", "192.0.2.2"], aaaa: ["2001:db8::1"] },
  "four.example": { a: ["192.0.2.4"] },
  "alias.example": { cname: "a.example" },
  "loop.example": { cname: "loop.example" },
  "gone.example": { rcode: "NXDOMAIN" },
  "broken.example": { rcode: "SERVFAIL" },
  "refused.example": { rcode: "REFUSED" },
  "silent.example": { silent: true },
  "rebinding.example": { sequence: [{ a: ["203.0.113.1"] }, { a: ["127.0.0.1"] }] }
} as const

const rows = [
  ["a.example", 4, ["192.0.2.1", "192.0.2.2"]],
  ["A.EXAMPLE", 4, ["192.0.2.1", "192.0.2.2"]],
  ["a.example", 6, ["2001:db8::1"]],
  ["four.example", 6, "ENODATA"],
  ["alias.example", 4, ["192.0.2.1", "192.0.2.2"]],
  ["loop.example", 4, []],
  ["gone.example", 4, "ENOTFOUND"],
  ["unknown.example", 4, "ENOTFOUND"],
  ["broken.example", 4, "ESERVFAIL"],
  ["refused.example", 4, "EREFUSED"],
  ["silent.example", 4, "ETIMEOUT"],
  ["rebinding.example", 4, ["203.0.113.1"]],
  ["rebinding.example", 4, ["127.0.0.1"]],
  ["rebinding.example", 4, ["127.0.0.1"]]
] as const

describe("Dns", () => {
  it.live("answers from the table", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns(zone)
      for (const [name, family, expected] of rows) {
        const found = yield* outcome(() =>
          family === 4 ? resolver(dns.server).resolve4(name) : resolver(dns.server).resolve6(name)
        )
        assert.deepStrictEqual(found, expected, name)
      }
      dns.set("unknown.example", { a: ["192.0.2.9"] })
      assert.deepStrictEqual(yield* outcome(() => resolver(dns.server).resolve4("unknown.example")), ["192.0.2.9"])
      assert.strictEqual(dns.queries.filter(({ name }) => name === "a.example").length, 3)
    }))

  it.live("answers over TCP, however the octets arrive", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns(zone)
      const question = encode({ type: "query", id: 7, questions: [{ type: "A", name: "four.example" }] })
      const answer = yield* Effect.callback<Buffer>((resume) => {
        const socket = connect(dns.port, dns.address)
        socket.once("data", (octets) => {
          socket.destroy()
          resume(Effect.succeed(octets))
        })
        socket.write(Uint8Array.of(0, question.length))
        socket.write(question.subarray(0, 5), () => socket.write(question.subarray(5)))
      })
      assert.strictEqual(answer.readUInt16BE(0), answer.length - 2)
      assert.deepStrictEqual([...answer.subarray(-4)], [192, 0, 2, 4])
      assert.strictEqual(dns.queries[0]?.transport, "tcp")
    }))

  it.live("stands in for a resolver that validates", () =>
    Effect.gen(function*() {
      const srv = { priority: 10, weight: 5, port: 5_269, target: "a.example" }
      const tlsa = { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32, 7) }
      const records = { "s.example": { srv: [srv] }, "t.example": { tlsa: [tlsa] } }
      const { port } = yield* makeDns(records, { authentic: true, ttl: 60 })
      const ask = (type: "SRV" | "TLSA", name: string) =>
        Effect.callback<Buffer>((resume) => {
          const socket = createSocket("udp4")
          socket.once("message", (octets) => socket.close(() => resume(Effect.succeed(octets))))
          socket.send(encode({ type: "query", id: 7, questions: [{ type, name }] }), port, "127.0.0.1")
        }).pipe(Effect.map((octets) => decode(octets)))

      const found = yield* ask("SRV", "s.example")
      assert.deepInclude(found, { flag_ad: true, flag_aa: false })
      assert.deepInclude(found.answers?.[0], { name: "s.example", ttl: 60, data: srv })
      assert.deepInclude((yield* ask("TLSA", "t.example")).answers?.[0], { data: tlsa })
      const absent = yield* ask("TLSA", "s.example")
      assert.deepInclude(absent, { flag_ad: true, answers: [] })
      assert.deepInclude(absent.authorities?.[0], { type: "SOA", name: "example", ttl: 60 })
    }))
})

describe("countingListener", () => {
  it.live("counts and says nothing", () =>
    Effect.gen(function*() {
      const listener = yield* countingListener(0, "127.0.0.2")
      assert.strictEqual(listener.count(), 0)
      yield* Effect.callback<void>((resume) => {
        connect(listener.port, listener.address).on("error", () => undefined).on("close", () => resume(Effect.void))
      })
      assert.strictEqual(listener.count(), 1)
    }))
})
