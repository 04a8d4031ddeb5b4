import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "dns-packet"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { type FakeAnswer, fakeTransport } from "./fakeTransport.ts"

const name = "xmpp.host.example"
const a = (owner = name, ttl = 60): Answer => ({ type: "A", name: owner, ttl, data: "192.0.2.1" })
const cname = (owner: string, target: string, ttl = 60): Answer => ({ type: "CNAME", name: owner, ttl, data: target })
/** `expiration`: seconds since the epoch; the clock of the tests begins there. */
const rrsig = (expiration: number): Answer => ({
  type: "RRSIG",
  name,
  ttl: 60,
  data: {
    typeCovered: "A",
    algorithm: 13,
    labels: 3,
    originalTTL: 60,
    expiration,
    inception: 0,
    keyTag: 1,
    signersName: "example",
    signature: Buffer.alloc(64)
  }
})
const chain = (length: number): ReadonlyArray<Answer> =>
  Array.from({ length }, (_, index) => cname(index === 0 ? name : `a${index}.example`, `a${index + 1}.example`))

interface Row {
  readonly name: string
  readonly answer: FakeAnswer
  readonly status: "secure" | "insecure" | "bogus" | "indeterminate"
  /** Default 0. */
  readonly records?: number
  /** Default 0, as of all that cannot be trusted. */
  readonly ttl?: number
  /** Default: the name itself. */
  readonly canonicalName?: string
}

const rows: ReadonlyArray<Row> = [
  { name: "records with AD", answer: { answers: [a()] }, status: "secure", records: 1, ttl: 60 },
  { name: "records without", answer: { answers: [a()], secure: false }, status: "insecure", records: 1, ttl: 60 },
  { name: "none, with AD: the time of the SOA", answer: {}, status: "secure", ttl: 100 },
  { name: "no such name", answer: { rcode: 3 }, status: "secure", ttl: 100 },
  { name: "none, and no SOA", answer: { authorities: [] }, status: "secure", ttl: 0 },
  { name: "no such name, and records of it", answer: { rcode: 3, answers: [a()] }, status: "indeterminate" },
  { name: "records of another name", answer: { answers: [a("other.example")] }, status: "secure", ttl: 100 },
  {
    name: "an alias, with the least TTL",
    answer: { answers: [cname(name, "b.example", 7), a("b.example")] },
    status: "secure",
    records: 1,
    ttl: 7,
    canonicalName: "b.example"
  },
  {
    name: "aliases in any order",
    answer: { answers: [a("c.example"), cname("b.example", "c.example"), cname(name, "b.example")] },
    status: "secure",
    records: 1,
    ttl: 60,
    canonicalName: "c.example"
  },
  {
    name: "aliases to nothing",
    answer: { rcode: 3, answers: [cname(name, "b.example")] },
    status: "secure",
    ttl: 60,
    canonicalName: "b.example"
  },
  {
    name: "eleven aliases",
    answer: { answers: [...chain(11), a("a11.example")] },
    status: "secure",
    records: 1,
    ttl: 60,
    canonicalName: "a11.example"
  },
  { name: "twelve aliases", answer: { answers: [...chain(12), a("a12.example")] }, status: "indeterminate" },
  {
    name: "an alias of a whole tree, with the TTL of its own",
    answer: {
      answers: [
        { type: "DNAME", name: "host.example", ttl: 50, data: "tree.example" },
        cname(name, "xmpp.tree.example", 0),
        a("xmpp.tree.example")
      ]
    },
    status: "secure",
    records: 1,
    ttl: 50,
    canonicalName: "xmpp.tree.example"
  },
  { name: "an alias of itself", answer: { answers: [cname(name, name)] }, status: "indeterminate" },
  {
    name: "a signature that ends before the TTL",
    answer: { answers: [a(), rrsig(20)] },
    status: "secure",
    records: 1,
    ttl: 20
  },
  {
    name: "a signature that ended a moment ago, which the resolver allows",
    answer: { answers: [a(), rrsig(2 ** 32 - 5)] },
    status: "secure",
    records: 1,
    ttl: 0
  },
  { name: "a TTL of years", answer: { answers: [a(name, 2 ** 30)] }, status: "secure", records: 1, ttl: 604_800 },
  {
    name: "SERVFAIL, and an answer without checking",
    answer: { rcode: 2, unchecked: { answers: [a()] } },
    status: "bogus"
  },
  { name: "SERVFAIL, and a denial without checking", answer: { rcode: 2, unchecked: { rcode: 3 } }, status: "bogus" },
  { name: "SERVFAIL, without checking too", answer: { rcode: 2 }, status: "indeterminate" },
  { name: "SERVFAIL, and then silence", answer: { rcode: 2, unchecked: { down: true } }, status: "indeterminate" },
  ...[6, 7, 8, 9, 10, 11, 12].map((extendedError): Row => ({
    name: `SERVFAIL with EDE ${extendedError}`,
    answer: { rcode: 2, extendedError, unchecked: { rcode: 2 } },
    status: "bogus"
  })),
  { name: "SERVFAIL with EDE 22", answer: { rcode: 2, extendedError: 22 }, status: "indeterminate" },
  { name: "REFUSED", answer: { rcode: 5 }, status: "indeterminate" },
  { name: "FORMERR", answer: { rcode: 1 }, status: "indeterminate" },
  { name: "nobody listens", answer: { down: true }, status: "indeterminate" }
]

const query = SecureResolver.use((resolver) => resolver.query(name, "A", { ms: 5_000 }))
const askedOf = (answer: FakeAnswer) =>
  query.pipe(
    Effect.provide(SecureResolver.layer),
    Effect.provide(fakeTransport({ [`${name} A`]: answer }))
  )

describe("SecureResolver", () => {
  it.effect.each(rows)(
    "POSH-PRF-20: $name",
    ({ answer, canonicalName = name, records = 0, status, ttl = 0 }) =>
      Effect.gen(function*() {
        const found = yield* askedOf(answer)
        assert.deepStrictEqual(
          { status: found.status, records: found.records.length, ttl: found.ttl, canonicalName: found.canonicalName },
          { status, records, ttl, canonicalName }
        )
        assert.strictEqual(found.detail === "", status === "secure" || status === "insecure")
      })
  )

  it.effect("POSH-PRF-20: an answer that does not come is indeterminate at the deadline", () =>
    Effect.gen(function*() {
      const asking = yield* Effect.forkChild(askedOf({ silent: true }))
      yield* TestClock.adjust(5_000)
      assert.strictEqual((yield* Fiber.join(asking)).status, "indeterminate")
    }))
})
