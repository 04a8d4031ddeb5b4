import { assert, describe, it } from "@effect/vitest"
import { type Answer, decode, encode } from "dns-packet"
import { Effect, Result, Schema } from "effect"
import { decodeMessage, encodeQuery, isAnswerTo } from "../../../src/fetch/dns/DnsMessage.ts"

const name = "_5269._tcp.xmpp.host.example"
const tlsa: Answer = {
  type: "TLSA",
  name: "_5269._TCP.xmpp.Host.example",
  ttl: 60,
  data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32, 7) }
}
const answerWith = (...answers: ReadonlyArray<Answer>): Uint8Array =>
  encode({ type: "response", id: 7, flags: 1 << 5, questions: [{ type: "TLSA", name }], answers: [...answers] })

describe("encodeQuery", () => {
  it("asks for signatures, and for the bit that says that they validate", () => {
    const query = decode(Buffer.from(Result.getOrThrow(encodeQuery({ name, type: "TLSA" }, 7))))
    assert.deepStrictEqual(query.questions, [{ name, type: "TLSA", class: "IN" }])
    assert.isTrue(query.flag_rd && query.flag_ad && !query.flag_cd)
    const edns = query.additionals?.find((record) => record.type === "OPT")
    assert.isTrue(edns?.flag_do)
    assert.strictEqual(edns?.udpPayloadSize, 1232)
  })

  it("turns checking off where it is told to", () => {
    const query = decode(Buffer.from(Result.getOrThrow(encodeQuery({ name, type: "A", checkingDisabled: true }, 7))))
    assert.isTrue(query.flag_cd)
  })

  it.each(["", ".", "a..b", `${"a".repeat(64)}.example`, `${"a.".repeat(127)}example`, "a b.example", "ä.example"])(
    "refuses %j",
    (bad) => assert.isTrue(Result.isFailure(encodeQuery({ name: bad, type: "A" }, 7)))
  )
})

describe("decodeMessage", () => {
  it("reads records in canonical form", () => {
    const message = Result.getOrThrow(decodeMessage(answerWith(tlsa)))
    assert.isTrue(message.isAuthentic && message.isResponse && !message.isTruncated)
    assert.deepStrictEqual(message.answers, [
      { type: "TLSA", name, ttl: 60, usage: 3, selector: 1, matching: 1, data: new Uint8Array(32).fill(7) }
    ])
    assert.isTrue(isAnswerTo(message, { name, type: "TLSA" }, 7))
  })

  it("knows what is no answer to a query", () => {
    const message = Result.getOrThrow(decodeMessage(answerWith(tlsa)))
    assert.isFalse(isAnswerTo(message, { name, type: "TLSA" }, 8))
    assert.isFalse(isAnswerTo(message, { name, type: "A" }, 7))
    assert.isFalse(isAnswerTo(message, { name: "other.example", type: "TLSA" }, 7))
    const query = Result.getOrThrow(Result.flatMap(encodeQuery({ name, type: "TLSA" }, 7), decodeMessage))
    assert.isFalse(isAnswerTo(query, { name, type: "TLSA" }, 7))
  })

  it("leaves out other classes, the flag of multicast DNS, and TTLs with the first bit set", () => {
    const message = Result.getOrThrow(
      decodeMessage(answerWith({ ...tlsa, class: "CH" }, { ...tlsa, flush: true }, { ...tlsa, ttl: 0x8000_0000 }))
    )
    assert.deepStrictEqual(message.answers.map(({ ttl }) => ttl), [0])
  })

  const whole = answerWith(tlsa)
  const broken: ReadonlyArray<readonly [name: string, octets: Uint8Array]> = [
    ["nothing", new Uint8Array()],
    ["a header that is cut", whole.subarray(0, 11)],
    ["a record that is cut", whole.subarray(0, -1)],
    ["octets after the end", Buffer.concat([whole, Buffer.from([0])])],
    ["more records than it holds", whole.map((octet, at) => at === 7 ? 9 : octet)],
    ["65,535 records", whole.map((octet, at) => at === 6 || at === 7 ? 0xff : octet)],
    ["a name that points to itself", Buffer.concat([whole.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])],
    ["16 KiB and more", new Uint8Array(16 * 1024 + 1)]
  ]
  it.each(broken)("refuses %s", (_name, octets) => assert.isTrue(Result.isFailure(decodeMessage(octets))))

  it("stays fast where names point from one to the next", () => {
    // The most pointers that fit, and then names that begin at the last of them.
    const pointers = Array.from(
      { length: 4_000 },
      (_, index) => [0xc0 | ((10 + 2 * index) >> 8), (10 + 2 * index) & 0xff]
    )
    const chain = pointers.flat()
    const at = 12 + chain.length - 2
    const records = Array.from({ length: 650 }, () => [0xc0 | (at >> 8), at & 0xff, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
      .flat()
    const octets = Uint8Array.from([0, 7, 0x80, 0, 0, 0, 2, 0x8a, 0, 0, 0, 0, ...chain, ...records])
    const started = performance.now()
    decodeMessage(octets)
    assert.isBelow(performance.now() - started, 1_000)
  })

  it.effect.prop("never throws", [Schema.Uint8Array], ([octets]) =>
    Effect.sync(() => {
      decodeMessage(octets)
      decodeMessage(Buffer.concat([whole.subarray(0, 12), octets]))
    }))

  it.effect.prop("never throws at an answer with one octet changed", [
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: whole.length - 1 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  ], ([changed, to]) => Effect.sync(() => decodeMessage(whole.map((octet, at) => at === changed ? to : octet))))
})
