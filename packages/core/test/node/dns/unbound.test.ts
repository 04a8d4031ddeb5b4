/** What a real validating resolver says of zones that are really signed, over each transport. */
import { assert, describe, it } from "@effect/vitest"
import { DNSSEC_NEGATIVE_TTL, DNSSEC_TTL, type DnssecZone, issue, makeDns, makeUnbound, rootCa } from "@posh/testing"
import { Context, Effect, Layer } from "effect"
import type { DnsType } from "../../../src/fetch/dns/DnsMessage.ts"
import type { ResolverEndpoint } from "../../../src/node/dns/ResolverUrl.ts"
import * as ValidatingResolver from "../../../src/node/dns/ValidatingResolver.ts"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { domain } from "../../proof/dane/world.ts"

const zones: ReadonlyArray<DnssecZone> = [
  { name: "example", records: "" },
  {
    name: "signed.example",
    records: [
      "a A 192.0.2.1",
      "a AAAA 2001:db8::1",
      "short 7 A 192.0.2.1",
      "_s._tcp SRV 10 5 5269 a",
      "_5269._tcp.a TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000007",
      ...Array.from({ length: 60 }, (_, index) => `many TLSA 3 1 1 ${String(index).padStart(64, "0")}`),
      "*.wild A 192.0.2.3",
      "alias CNAME a",
      "out CNAME a.unsigned",
      "out.forged CNAME a.forged.example.",
      "tree DNAME wild",
      "outtree DNAME unsigned.example.",
      "loop1 CNAME loop2",
      "loop2 CNAME loop1"
    ].join("\n").replace("a.unsigned", "a.unsigned.example.")
  },
  { name: "nsec.example", denial: "nsec", records: "a A 192.0.2.1\n*.wild A 192.0.2.3" },
  { name: "unsigned.example", denial: "unsigned", records: "a A 192.0.2.1\nback CNAME a.signed.example." },
  {
    name: "forged.example",
    records: "a A 192.0.2.1",
    forge: (text) => text.replaceAll(/^(a\.forged\.example\.\s.*\sA\s+)192\.0\.2\.1$/gm, "$1192.0.2.66")
  },
  { name: "stripped.example", records: "a A 192.0.2.1", forge: (text) => text.replaceAll(/^a\..*RRSIG.*$/gm, "") },
  { name: "undenied.example", records: "a A 192.0.2.1", forge: (text) => text.replaceAll(/^.*\sNSEC3\s.*$/gm, "") },
  { name: "expired.example", expired: true, records: "a A 192.0.2.1" }
]

interface Row {
  readonly name: string
  /** Default `A`. */
  readonly type?: DnsType
  readonly status: "secure" | "insecure" | "bogus" | "untrusted"
  /** Number of records; default 0. */
  readonly records?: number
  /** Seconds. Default: not compared. */
  readonly ttl?: number
  /** Default: `name`. */
  readonly canonicalName?: string
}

const rows: ReadonlyArray<Row> = [
  { name: "a.signed.example", status: "secure", records: 1, ttl: DNSSEC_TTL },
  { name: "a.signed.example", type: "AAAA", status: "secure", records: 1, ttl: DNSSEC_TTL },
  { name: "short.signed.example", status: "secure", records: 1, ttl: 7 },
  { name: "_s._tcp.signed.example", type: "SRV", status: "secure", records: 1 },
  { name: "_5269._tcp.a.signed.example", type: "TLSA", status: "secure", records: 1 },
  { name: "many.signed.example", type: "TLSA", status: "secure", records: 60 }, // truncated over UDP
  // Absence: no such name, and no such type.
  { name: "none.signed.example", status: "secure", ttl: DNSSEC_NEGATIVE_TTL },
  { name: "a.signed.example", type: "TLSA", status: "secure", ttl: DNSSEC_NEGATIVE_TTL },
  { name: "none.nsec.example", status: "secure", ttl: DNSSEC_NEGATIVE_TTL },
  { name: "a.nsec.example", type: "TLSA", status: "secure", ttl: DNSSEC_NEGATIVE_TTL },
  { name: "none.unsigned.example", status: "insecure" },
  { name: "none.undenied.example", status: "bogus" },
  // Wildcards prove besides that there is no closer name.
  { name: "x.wild.signed.example", status: "secure", records: 1 },
  { name: "x.wild.nsec.example", status: "secure", records: 1 },
  { name: "x.wild.signed.example", type: "TLSA", status: "secure" },
  // Aliases: the weakest part counts.
  { name: "alias.signed.example", status: "secure", records: 1, canonicalName: "a.signed.example" },
  { name: "alias.signed.example", type: "TLSA", status: "secure", canonicalName: "a.signed.example" },
  { name: "out.signed.example", status: "insecure", records: 1, canonicalName: "a.unsigned.example" },
  { name: "back.unsigned.example", status: "insecure", records: 1, canonicalName: "a.signed.example" },
  { name: "out.forged.signed.example", status: "bogus" },
  {
    name: "x.tree.signed.example",
    status: "secure",
    records: 1,
    ttl: DNSSEC_TTL,
    canonicalName: "x.wild.signed.example"
  },
  { name: "a.outtree.signed.example", status: "insecure", records: 1, canonicalName: "a.unsigned.example" },
  // What is broken.
  { name: "a.unsigned.example", status: "insecure", records: 1 },
  { name: "a.forged.example", status: "bogus" },
  // Where unbound knows the keys already, it takes a server without signatures for a broken one, and says no more.
  { name: "a.stripped.example", status: "untrusted" },
  { name: "a.expired.example", status: "bogus" },
  { name: "none.expired.example", status: "bogus" }
]

const titled = rows.map((row) => ({ title: `${row.name} ${row.type ?? "A"} is ${row.status}`, row }))

const name = domain("resolver.example")
const make = (options: { readonly extendedErrors?: boolean; readonly validate?: boolean } = {}) =>
  Effect.gen(function*() {
    const root = yield* rootCa()
    const certificate = yield* issue(root, { dnsNames: [name] })
    const unbound = yield* makeUnbound({ zones, tls: { cert: certificate.pem, key: certificate.keyPem }, ...options })
    return { unbound, extraCa: root.pem }
  })

class World extends Context.Service<World, Effect.Success<ReturnType<typeof make>>>()("test/World") {
  static readonly layer = Layer.effect(World, make())
}

type Unbound = World["Service"]["unbound"]
const address = "127.0.0.1"
const transports: ReadonlyArray<readonly [protocol: string, endpoint: (unbound: Unbound) => ResolverEndpoint]> = [
  ["dns", ({ port }) => ({ protocol: "dns", address, port })],
  ["tls", ({ tlsPort }) => ({ protocol: "tls", name, address, port: tlsPort })],
  ["https", ({ httpsPort }) => ({ protocol: "https", name, port: httpsPort, path: "/dns-query" })]
]

const resolverOf = (endpoint: ResolverEndpoint, extraCa?: string | (() => string)) =>
  SecureResolver.layer.pipe(
    Layer.provide(ValidatingResolver.layer({
      endpoint,
      connectTo: [{ host: name, port: undefined, address, toPort: undefined }],
      ...(extraCa === undefined ? {} : { extraCa })
    }))
  )
const query = (of: string, type: DnsType = "A", ms = 20_000) =>
  SecureResolver.use((resolver) => resolver.query(of, type, { ms }))
const plainOf = ({ port }: Unbound) => resolverOf({ protocol: "dns", address, port })

describe("a real validating resolver", { timeout: 120_000 }, () => {
  it.layer(World.layer, { timeout: 120_000, excludeTestServices: true })((it) => {
    describe.each(transports)("POSH-PRF-20: over %s", (_protocol, endpointOf) => {
      it.effect.each(titled)(
        "$title",
        ({ row: { canonicalName, name, records = 0, status, ttl, type } }) =>
          Effect.gen(function*() {
            const { extraCa, unbound } = yield* World
            const answer = yield* query(name, type).pipe(Effect.provide(resolverOf(endpointOf(unbound), extraCa)))
            assert.include(status === "untrusted" ? ["bogus", "indeterminate"] : [status], answer.status, answer.detail)
            assert.strictEqual(answer.records.length, records)
            if (status === "bogus" || status === "untrusted") return
            assert.strictEqual(answer.canonicalName, canonicalName ?? name)
            if (ttl === undefined) return
            assert.isAtMost(answer.ttl, ttl)
            assert.isAbove(answer.ttl, ttl - 60) // what is in its cache counts down
          })
      )

      it.effect("asks many at once over one resolver", () =>
        Effect.gen(function*() {
          const { extraCa, unbound } = yield* World
          const ask = Effect.forEach(
            Array.from({ length: 100 }, (_, index) => index),
            (index) => query(`x${index}.wild.signed.example`),
            { concurrency: 100 }
          )
          const answers = yield* ask.pipe(Effect.provide(resolverOf(endpointOf(unbound), extraCa)))
          assert.deepStrictEqual(
            new Set(answers.map(({ canonicalName, status }) => `${canonicalName} ${status}`)).size,
            100
          )
          assert.isTrue(answers.every(({ status }) => status === "secure"))
        }))
    })

    it.effect("looks the name of the resolver up where no address is given", () =>
      Effect.gen(function*() {
        const { extraCa, unbound } = yield* World
        const dns = yield* makeDns({ [name]: { a: ["127.0.0.99", address] } })
        const layer = SecureResolver.layer.pipe(Layer.provide(ValidatingResolver.layer({
          endpoint: { protocol: "tls", name, port: unbound.tlsPort },
          extraCa,
          dnsServers: [dns.server]
        })))
        assert.strictEqual((yield* query("a.signed.example").pipe(Effect.provide(layer))).status, "secure")
      }))

    it.effect("aliases in a circle are no answer", () =>
      Effect.gen(function*() {
        const { unbound } = yield* World
        const answer = yield* query("loop1.signed.example").pipe(Effect.provide(plainOf(unbound)))
        assert.include(["indeterminate", "bogus"], answer.status)
      }))

    it.effect.each(transports.slice(1))(
      "over %s, roots that change count from the next query on, and a text that is none changes nothing",
      ([, endpointOf]) =>
        Effect.gen(function*() {
          const { extraCa, unbound } = yield* World
          const others = (yield* rootCa()).pem
          const roots = { current: extraCa }
          const states: ReadonlyArray<readonly [roots: string, status: string]> = [
            [extraCa, "secure"],
            [others, "indeterminate"], // the connection that is open serves no longer
            [`${others}${extraCa}`, "secure"],
            ["no PEM", "secure"],
            [others, "indeterminate"]
          ]
          yield* Effect.forEach(states, ([text, status]) =>
            Effect.gen(function*() {
              roots.current = text
              assert.strictEqual((yield* query("a.signed.example")).status, status)
            })).pipe(Effect.provide(resolverOf(endpointOf(unbound), () => roots.current)))
        })
    )

    it.effect.each(transports.slice(1))(
      "POSH-PRF-20: over %s, another's certificate is no resolver",
      ([, endpointOf]) =>
        Effect.gen(function*() {
          const { extraCa, unbound } = yield* World
          const endpoint = { ...endpointOf(unbound), name: domain("other.example") } as ResolverEndpoint
          const layers = [
            resolverOf(endpointOf(unbound)), // nobody trusts the CA
            SecureResolver.layer.pipe(Layer.provide(ValidatingResolver.layer({
              endpoint,
              extraCa,
              connectTo: [{ host: undefined, port: undefined, address, toPort: undefined }]
            })))
          ]
          for (const layer of layers) {
            const answer = yield* query("a.signed.example").pipe(Effect.provide(layer))
            assert.strictEqual(answer.status, "indeterminate")
            assert.match(answer.detail, /TlsCertificateUntrusted|TlsHostnameMismatch/)
          }
        })
    )
  })

  it.live("bogus is told from other failures without extended errors", () =>
    Effect.scoped(Effect.gen(function*() {
      const { unbound } = yield* make({ extendedErrors: false })
      const answers = Effect.forEach(["a.forged.example", "a.expired.example", "a.signed.example"], (of) => query(of))
      const found = yield* answers.pipe(Effect.provide(plainOf(unbound)))
      assert.deepStrictEqual(found.map(({ status }) => status), ["bogus", "bogus", "secure"])
    })), 120_000)

  it.live(
    "POSH-PRF-20: of a resolver that does not validate, nothing is secure",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { unbound } = yield* make({ validate: false })
        const answers = Effect.forEach(["a.forged.example", "a.signed.example"], (of) => query(of))
        const found = yield* answers.pipe(Effect.provide(plainOf(unbound)))
        assert.deepStrictEqual(found.map(({ status }) => status), ["insecure", "insecure"])
      })),
    120_000
  )

  it.live("POSH-PRF-22: a resolver that is down, silent, or back", () =>
    Effect.scoped(Effect.gen(function*() {
      const { extraCa, unbound } = yield* make()
      for (const [, endpointOf] of transports) {
        yield* Effect.gen(function*() {
          const ask = (ms?: number) => Effect.map(query("a.signed.example", "A", ms), ({ status }) => status)
          assert.strictEqual(yield* ask(), "secure")
          yield* unbound.pause()
          assert.strictEqual(yield* ask(500), "indeterminate")
          yield* unbound.resume()
          yield* unbound.kill()
          assert.strictEqual(yield* ask(), "indeterminate")
          yield* unbound.restart()
          assert.strictEqual(yield* ask(), "secure")
        }).pipe(Effect.provide(resolverOf(endpointOf(unbound), extraCa)))
      }
    })), 120_000)
})
