/** Name resolution, without dialling. */
import { assert, describe, it } from "@effect/vitest"
import { type DnsAnswer, makeDns } from "@posh/testing"
import { Effect, Fiber, Result } from "effect"
import { createSocket } from "node:dgram"
import { checkServers, lookUp } from "../../src/node/Addresses.ts"
import type { Domain } from "../../src/question/Domain.ts"

const host = "im.example" as Domain

const ask = (servers: ReadonlyArray<string>, limitMs = 5_000) =>
  Effect.match(lookUp(host, servers, limitMs), {
    onFailure: ({ code, detail }) => `${code}: ${detail}`,
    onSuccess: (addresses) => addresses
  })

type Zone = Readonly<Record<string, DnsAnswer>>

describe("lookUp", () => {
  it.live.each<readonly [what: string, zone: Zone, expected: string | ReadonlyArray<string>]>([
    ["A alone", { [host]: { a: ["192.0.2.1", "192.0.2.2"] } }, ["192.0.2.1", "192.0.2.2"]],
    ["AAAA alone", { [host]: { aaaa: ["2001:db8::1"] } }, ["2001:db8::1"]],
    ["both", { [host]: { a: ["192.0.2.1"], aaaa: ["2001:db8::1"] } }, ["2001:db8::1", "192.0.2.1"]],
    ["an alias (POSH-RES-23)", { [host]: { cname: "a.example" }, "a.example": { a: ["192.0.2.1"] } }, ["192.0.2.1"]],
    ["NXDOMAIN", {}, "DnsNameNotFound: ENOTFOUND"],
    ["NODATA", { [host]: {} }, "DnsNameNotFound: ENODATA"],
    ["an alias to nowhere", { [host]: { cname: "a.example" } }, "DnsNameNotFound: ENODATA"],
    ["an alias to itself", { [host]: { cname: host } }, "DnsNameNotFound: ENODATA"],
    ["SERVFAIL", { [host]: { rcode: "SERVFAIL" } }, "DnsTemporaryFailure: ESERVFAIL"],
    ["REFUSED", { [host]: { rcode: "REFUSED" } }, "DnsTemporaryFailure: EREFUSED"]
  ])("%s", ([, zone, expected]) =>
    Effect.gen(function*() {
      const dns = yield* makeDns(zone)
      assert.deepStrictEqual(yield* ask([dns.server]), expected)
    }))

  it.live("an answer too long for UDP", () =>
    Effect.gen(function*() {
      const a = Array.from({ length: 200 }, (_, index) => `192.0.2.${index}`)
      const dns = yield* makeDns({ [host]: { a } })
      assert.sameMembers([...(yield* lookUp(host, [dns.server], 5_000))], a)
    }))

  it.live("silence: further tries, and an end at the limit", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns({ [host]: { silent: true } })
      const outcome = yield* Effect.timeout(ask([dns.server], 900), 20_000)
      assert.strictEqual(outcome, "DnsTemporaryFailure: ETIMEOUT")
      assert.isAtLeast(dns.queries.length, 4) // at least one retry of each type
    }))

  it.live("one usable answer is enough (RFC 8305 §3)", () =>
    Effect.gen(function*() {
      // The first query, of either type, is answered; the second is not.
      const asked = { count: 0 }
      const half: DnsAnswer = { a: ["192.0.2.1"], aaaa: ["2001:db8::1"] }
      Object.defineProperty(half, "silent", { get: () => ++asked.count > 1 })
      const dns = yield* makeDns({ [host]: half })
      const outcome = yield* Effect.timeout(ask([dns.server], 20_000), 4_000) // the second query would take longer
      assert.lengthOf(outcome, 1)
      assert.isAtLeast(asked.count, 2)
    }))

  it.live("NODATA for one type and SERVFAIL for the other is no absence", () =>
    Effect.gen(function*() {
      const asked = { count: 0 }
      const mixed: DnsAnswer = {}
      Object.defineProperty(mixed, "rcode", { get: () => ++asked.count > 2 ? "SERVFAIL" : undefined })
      const dns = yield* makeDns({ [host]: mixed })
      assert.match(String(yield* ask([dns.server])), /^DnsTemporaryFailure: /)
    }))

  it.live("asks for A and AAAA of the host and for nothing else", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns({ [host]: { a: ["192.0.2.1"] } })
      yield* lookUp(host, [dns.server], 5_000)
      assert.deepStrictEqual(dns.queries.map(({ name, type }) => `${name} ${type}`).toSorted(), [
        `${host} A`,
        `${host} AAAA`
      ])
    }))

  it.live("does not read /etc/hosts", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns({})
      const { code } = yield* Effect.flip(lookUp("localhost" as Domain, [dns.server], 5_000))
      assert.strictEqual(code, "DnsNameNotFound")
    }))

  it.live("nonsense instead of DNS", () =>
    Effect.gen(function*() {
      const server = createSocket("udp4").on(
        "message",
        (_, { address, port }) => server.send("nonsense", port, address)
      )
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.bind(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      assert.match(String(yield* ask([`127.0.0.1:${server.address().port}`], 300)), /^DnsTemporaryFailure: /)
    }))

  it.live("interruption cancels the queries: there is no further try", () =>
    Effect.gen(function*() {
      const dns = yield* makeDns({ [host]: { silent: true } })
      const fiber = yield* Effect.forkChild(lookUp(host, [dns.server], 900))
      yield* Effect.sleep(2).pipe(Effect.repeat({ until: () => dns.queries.length === 2 }))
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep(600)
      assert.lengthOf(dns.queries, 2)
    }))
})

describe("checkServers", () => {
  it.each([
    [["127.0.0.1"], true],
    [["127.0.0.1:5353", "[::1]:5353", "::1"], true],
    [["ns.example:53"], false],
    [["127.0.0.1:dns"], false],
    [[""], false]
  ])("%j → %s", (servers, expected) => assert.strictEqual(Result.isSuccess(checkServers(servers)), expected))
})
