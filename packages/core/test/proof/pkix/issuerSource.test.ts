/** For how long what a URL gave is remembered, by both clocks. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { issuerTarget } from "../../../src/fetch/certificates/issuerTarget.ts"
import { issuerLimits } from "../../../src/Limits.ts"
import { makeIssuerSource } from "../../../src/proof/pkix/IssuerSource.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import { currentStamp } from "../../../src/question/Stamp.ts"
import { caAt, domain, type File, makeFiles, now, policy, root, urlOf } from "./world.ts"

const url = urlOf("issuer")
const target = Result.getOrThrow(issuerTarget(url, policy))
const issuer = caAt("Issuer", root, [])
const hour = 3_600_000
const shortLived = caAt("Issuer", root, [], { notAfter: new Date(now + 2 * hour).toISOString() })

interface Row {
  readonly name: string
  readonly file: File
  readonly isConfirmed: boolean
  readonly ms: number
}

const rows: ReadonlyArray<Row> = [
  {
    name: "a certificate that no path has used",
    file: { octets: issuer.der },
    isConfirmed: false,
    ms: issuerLimits.unconfirmedMs
  },
  { name: "one that a path has used", file: { octets: issuer.der }, isConfirmed: true, ms: issuerLimits.confirmedMs },
  { name: "one that ends before", file: { octets: shortLived.der }, isConfirmed: true, ms: 2 * hour },
  { name: "no certificate", file: { octets: Buffer.from("?") }, isConfirmed: false, ms: issuerLimits.unconfirmedMs },
  { name: "another status", file: { status: 301 }, isConfirmed: false, ms: issuerLimits.unconfirmedMs },
  {
    name: "an address that is refused",
    file: { fault: "BlockedAddress" },
    isConfirmed: false,
    ms: issuerLimits.unconfirmedMs
  },
  { name: "a fault of ours", file: { fault: "ResolverOverloaded" }, isConfirmed: false, ms: 0 }
]

const make = (files: Record<string, File>, by = policy) => {
  const web = makeFiles(files)
  return Effect.map(Effect.provide(makeIssuerSource(by), web.layer), (source) => {
    assert.isDefined(source)
    return { source, web }
  })
}

describe("what a URL gave", () => {
  it.effect.each(rows)("is remembered: $name", ({ file, isConfirmed, ms }) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const { source: { confirm, fetch, recall } } = yield* make({ [url]: file })
      yield* fetch(target, domain as Domain, 1_000)
      if (isConfirmed) confirm(url)
      const { monotonicMs, wallMs } = yield* currentStamp
      const isKnown = (after: number, wall = wallMs + after) =>
        recall(url, { monotonicMs: monotonicMs + after, wallMs: wall }) !== undefined
      if (ms > 0) {
        assert.isTrue(isKnown(ms - 1))
        assert.isTrue(isKnown(1, wallMs - hour), "CAC-35: a clock set back ends nothing early")
      }
      assert.isFalse(isKnown(ms))
      assert.isFalse(isKnown(ms, wallMs), "CAC-35: the wall clock stands still")
      assert.isFalse(isKnown(ms, wallMs - hour), "CAC-35: a clock set back extends nothing")
      assert.isFalse(isKnown(1, wallMs + Math.max(ms, 1)), "the wall clock runs ahead")
    }))

  it.effect("SEC-12: not where it waited for its turn for most of the time; then nothing is learnt of the URL", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const oneByOne = { ...policy, budgets: { ...policy.budgets, perHostConcurrent: 1 } }
      const slow = Result.getOrThrow(issuerTarget(urlOf("slow"), policy))
      const { source: { fetch, recall } } = yield* make({
        [urlOf("slow")]: { never: true },
        [url]: { octets: issuer.der, afterMs: 500 }
      }, oneByOne)
      const asking = yield* Effect.forkChild(fetch(slow, domain as Domain, 10_000), { startImmediately: true })
      yield* TestClock.adjust(100)
      const waiting = yield* Effect.forkChild(fetch(target, domain as Domain, 10_000), { startImmediately: true })
      yield* TestClock.adjust(issuerLimits.requestMs)
      yield* Fiber.join(asking)
      yield* Fiber.join(waiting)
      const at = yield* currentStamp
      assert.strictEqual(recall(slow.url, at)?._tag, "Nothing")
      assert.isUndefined(recall(url, at))
      const again = yield* Effect.forkChild(fetch(target, domain as Domain, 10_000), { startImmediately: true })
      yield* TestClock.adjust(500)
      yield* Fiber.join(again)
      assert.strictEqual(recall(url, yield* currentStamp)?._tag, "Certificates")
    }))

  it.effect("is bounded by octets: what a stranger makes large evicts what was there before", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const large = caAt("Large", root, [], { dns: Array.from({ length: 1_000 }, (_, index) => `${index}.ca.example`) })
      const plenty = { ...policy.budgets, perSourcePerMinute: 1e6, perHostPerMinute: 1e6, perHostLookUpsPerMinute: 1e6 }
      const { source: { fetch, recall }, web } = yield* make({}, { ...policy, budgets: plenty })
      const count = Math.ceil(issuerLimits.memoryOctets / large.der.length) + 10
      for (let index = 0; index < count; index += 1) {
        web.set(urlOf(`${index}`), { octets: large.der })
        yield* fetch(Result.getOrThrow(issuerTarget(urlOf(`${index}`), policy)), domain as Domain, 1_000)
      }
      const at = yield* currentStamp
      assert.isUndefined(recall(urlOf("0"), at))
      assert.isDefined(recall(urlOf(`${count - 1}`), at))
    }))
})
