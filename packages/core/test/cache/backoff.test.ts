import { assert, describe, it } from "@effect/vitest"
import { ResolveError } from "../../src/association/ResolveError.ts"
import { negativeAfter } from "../../src/cache/Backoff.ts"
import type { NegativeEntry } from "../../src/cache/store/AssociationStore.ts"
import { failures, isWithdrawal, type VerdictCode } from "../../src/codes.ts"

const now = 1_000_000
const after = (code: VerdictCode, options: { previous?: NegativeEntry; chance?: number; retryAfterMs?: number } = {}) =>
  negativeAfter(
    new ResolveError({
      code,
      hops: [],
      ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs })
    }),
    options.previous,
    now,
    options.chance ?? 0.5
  )
const seconds = (negative: NegativeEntry | undefined) =>
  negative === undefined ? undefined : (negative.until - now) / 1_000

describe("negativeAfter (CAC-31, ERR-03)", () => {
  it.each<[VerdictCode, number | undefined]>([
    ["NotPublished", 300],
    ["InvalidJson", 300],
    ["TlsCertificateUntrusted", 60],
    ["TlsHandshakeFailed", 60],
    ["PinMismatch", 60],
    ["TlsProtocolTooOld", 300],
    ["ConnectTimeout", 30],
    ["ServerError", 30],
    ["DeadlineExceeded", undefined],
    ["RateLimitedLocally", undefined],
    ["InternalError", undefined]
  ])("%s: %s s", (code, expected) => assert.strictEqual(seconds(after(code)), expected))

  it("remembers every withdrawal, whatever was before: without its negative entry it would remove nothing (CAC-30)", () => {
    const withdrawals = (Object.keys(failures) as ReadonlyArray<VerdictCode>).filter(isWithdrawal)
    assert.isAbove(withdrawals.length, 0)
    const previous = after("ServerError")
    if (previous === undefined) throw new Error("a back-off is remembered")
    for (const code of withdrawals) {
      assert.isDefined(after(code), code)
      assert.deepStrictEqual(after(code, { previous }), after(code), code)
    }
  })

  it("doubles up to 900 s with consecutive failures", () => {
    let negative = after("ConnectTimeout")
    const delays = [seconds(negative)]
    for (let round = 0; round < 7; round += 1) {
      if (negative === undefined) throw new Error("a back-off is remembered")
      negative = after("ServerError", { previous: { ...negative, until: now - 1 } })
      delays.push(seconds(negative))
    }
    assert.deepStrictEqual(delays, [30, 60, 120, 240, 480, 900, 900, 900])
  })

  it("starts over after a long pause", () => {
    const error = new ResolveError({ code: "ServerError", hops: [] })
    const previous = { error, learnedAt: 0, until: now - 900_000, failures: 9, nothingPublished: false }
    assert.strictEqual(seconds(after("ServerError", { previous })), 30)
  })

  it.each([[0, 24], [0.5, 30], [0.999_999, 36]])(
    "jitters by ±20 %%: chance %d → %d s",
    (chance, expected) => assert.closeTo(seconds(after("ConnectTimeout", { chance })) ?? 0, expected, 0.01)
  )

  it.each([[undefined, 30], [5_000, 30], [120_000, 120], [86_400_000, 3_600]])(
    "clamps Retry-After %s ms to %d s",
    (retryAfterMs, expected) =>
      assert.strictEqual(seconds(after("RateLimited", retryAfterMs === undefined ? {} : { retryAfterMs })), expected)
  )

  it("honours a longer Retry-After of a server error (RES-45)", () => {
    assert.strictEqual(seconds(after("ServerError", { retryAfterMs: 200_000 })), 200)
    assert.strictEqual(seconds(after("ServerError", { retryAfterMs: 1_000 })), 30)
  })

  it("never caches a failure for more than an hour", () => {
    for (const code of Object.keys(failures) as Array<VerdictCode>) {
      const chance = 0.999_999
      assert.isAtMost(seconds(after(code, { chance, retryAfterMs: Number.MAX_SAFE_INTEGER })) ?? 0, 3_600, code)
    }
  })
})
