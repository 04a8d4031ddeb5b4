/** The addresses that are dialled, and those that are not (POSH-SEC-10). */
import { assert, layer } from "@effect/vitest"
import { Behave, countingListener, type DnsAnswer, makeDns, unresponsiveListener } from "@posh/testing"
import { Effect, Layer } from "effect"
import { connectTo, get, layerFetcher, layerWeb, networks, outcome, Web } from "./world.ts"

/**
 * The origins listen at 127.0.0.1. At another loopback address an internal service listens on
 * the same port, and must not be reached. Callers of other tests connect from 127.0.0.x, where their ports would be taken.
 */
const inside = "127.77.0.2"
const webOnly = networks("127.0.0.1/32")

type Zone = Readonly<Record<string, DnsAnswer>>

/** Fetches twice with this zone: the outcomes, and the connections to the internal service. */
const askTwice = (zone: Zone, allowNetworks = webOnly) =>
  Effect.gen(function*() {
    const web = yield* Web
    const dns = yield* makeDns(zone)
    const watch = yield* countingListener(web.port, inside)
    const fetcher = yield* Layer.build(layerFetcher(web, { allowNetworks, dnsServers: [dns.server] }))
    const ask = Effect.provide(outcome({ host: "im.example", port: web.port }), fetcher)
    return { outcomes: [yield* ask, yield* ask], insideCalls: watch.count() }
  })

const hosts = { "im.example": { routes: { "/": Behave.json({}) } } }

layer(layerWeb(hosts), { excludeTestServices: true })("no connection to", (it) => {
  it.effect.each<readonly [what: string, zone: Zone, first: string, second: string]>([
    ["an A record", { "im.example": { a: [inside] } }, "BlockedAddress", "BlockedAddress"],
    ["an AAAA record, mapped", { "im.example": { aaaa: [`::ffff:${inside}`] } }, "BlockedAddress", "BlockedAddress"],
    ["an AAAA record, compatible", { "im.example": { aaaa: [`::${inside}`] } }, "BlockedAddress", "BlockedAddress"],
    ["one among public ones", { "im.example": { a: [inside, "127.0.0.1", inside] } }, "200 {}", "200 {}"],
    [
      "one mapped, the other public",
      { "im.example": { a: ["127.0.0.1"], aaaa: [`::ffff:${inside}`] } },
      "200 {}",
      "200 {}"
    ],
    [
      "the target of an alias",
      { "im.example": { cname: "inside.example" }, "inside.example": { a: [inside] } },
      "BlockedAddress",
      "BlockedAddress"
    ],
    [
      "what the second look-up says (rebinding)",
      { "im.example": { sequence: [{ a: ["127.0.0.1"] }, { a: [inside] }] } },
      "200 {}",
      "BlockedAddress"
    ]
  ])("%s", ([, zone, first, second]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* askTwice(zone), { outcomes: [first, second], insideCalls: 0 })
    }))

  it.effect("…and the watch would have seen one: an allowed network is dialled", () =>
    Effect.gen(function*() {
      const { insideCalls } = yield* askTwice({ "im.example": { a: [inside] } }, networks("127.0.0.0/8"))
      assert.strictEqual(insideCalls, 2)
    }))

  it.effect("any address but the one that the operator says, and no name server is asked", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const dns = yield* makeDns({ "im.example": { a: [inside] } })
      const options = { connectTo: connectTo(`im.example:443=127.0.0.1:${web.port}`), dnsServers: [dns.server] }
      const fetcher = yield* Layer.build(layerFetcher(web, options))
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), fetcher), "200 {}")
      assert.lengthOf(dns.queries, 0)
      assert.strictEqual(yield* Effect.provide(outcome({ host: "other.example" }), fetcher), "DnsNameNotFound")
    }))
})

layer(layerWeb(hosts), { excludeTestServices: true })("Happy Eyeballs (POSH-RES-93)", (it) => {
  const nobody = "127.77.0.3"

  it.effect.each<readonly [what: string, addresses: ReadonlyArray<string>]>([
    ["the next where one refuses", [nobody, "127.0.0.1"]],
    ["the next where several refuse", [nobody, "127.77.0.4", "127.77.0.5", "127.0.0.1"]],
    ["the next where there is no route", ["224.0.0.1", "127.0.0.1"]],
    ["the next where one does not answer", ["192.0.2.1", "127.0.0.1"]]
  ])("%s", ([, a]) =>
    Effect.gen(function*() {
      const web = yield* Web
      const dns = yield* makeDns({ "im.example": { a } })
      const options = { allowNetworks: networks("0.0.0.0/0"), dnsServers: [dns.server] }
      const fetcher = yield* Layer.build(layerFetcher(web, options))
      const { trace } = yield* Effect.provide(get({ host: "im.example", port: web.port }), fetcher)
      assert.strictEqual(trace.address, "127.0.0.1")
      assert.isBelow(trace.endedAt - trace.startedAt, 2_000)
    }))

  it.effect("the next where one takes longer than 250 ms", () =>
    Effect.gen(function*() {
      const web = yield* Web
      yield* unresponsiveListener(web.port, nobody)
      const dns = yield* makeDns({ "im.example": { a: [nobody, "127.0.0.1"] } })
      const options = { allowNetworks: networks("127.0.0.0/8"), dnsServers: [dns.server] }
      const fetcher = yield* Layer.build(layerFetcher(web, options))
      const { trace } = yield* Effect.provide(get({ host: "im.example", port: web.port }), fetcher)
      assert.strictEqual(trace.address, "127.0.0.1")
      assert.isAtLeast(trace.endedAt - trace.startedAt, 240) // it did wait
    }))

  it.effect.each([[nobody, "224.0.0.1"], ["224.0.0.1", nobody]])(
    "where all fail, the code that says most: %j",
    (a) =>
      Effect.gen(function*() {
        const web = yield* Web
        const dns = yield* makeDns({ "im.example": { a } })
        const options = { allowNetworks: networks("0.0.0.0/0"), dnsServers: [dns.server] }
        const fetcher = yield* Layer.build(layerFetcher(web, options))
        const { code } = yield* Effect.flip(Effect.provide(get({ host: "im.example", port: web.port }), fetcher))
        assert.strictEqual(code, "ConnectionRefused")
      })
  )

  it.effect("tries six addresses, and none twice", () =>
    Effect.gen(function*() {
      const web = yield* Web
      const a = Array.from({ length: 40 }, (_, index) => `127.0.1.${index >> 1}`)
      const dns = yield* makeDns({ "im.example": { a } })
      const options = { allowNetworks: networks("127.0.0.0/8"), dnsServers: [dns.server] }
      const fetcher = yield* Layer.build(layerFetcher(web, options))
      const { code, trace } = yield* Effect.flip(Effect.provide(get({ host: "im.example", port: web.port }), fetcher))
      assert.deepStrictEqual([code, trace.address], ["ConnectionRefused", "127.0.1.5"])
    }))
})
