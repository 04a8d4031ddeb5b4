/** What a flight that fails asks of its store: each call may be a command to a shared one. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { ResolveError } from "../../src/association/ResolveError.ts"
import { makeFetchAndStore } from "../../src/cache/fetchAndStore.ts"
import type { AssociationStore, NegativeEntry } from "../../src/cache/store/AssociationStore.ts"
import { makeMemoryStore } from "../../src/cache/store/MemoryStore.ts"
import type { VerdictCode } from "../../src/codes.ts"
import { associationOf, keyOf, minute } from "./store/storeThings.ts"

const key = keyOf("a")
const start = Date.parse("2026-07-01T00:00:00Z")

/** A flight of a second that ends with the code. `aheadMs`: by so much the clock that decides on entries is ahead. */
const fly = Effect.fnUntraced(function*(code: VerdictCode, { aheadMs = 0, isWritten = true } = {}) {
  yield* TestClock.setTime(start)
  const memory = yield* makeMemoryStore({ entries: 10, octets: 1e6 })
  yield* memory.putAssociation(key, associationOf(key, start - minute, 60 * minute))
  const calls: Array<string> = []
  const stored: Array<readonly [negative: NegativeEntry, fence: number | undefined, asOf: number | undefined]> = []
  const put =
    (name: "putNegative" | "withdraw"): AssociationStore["Service"]["putNegative"] => (to, negative, permit, asOf) =>
      Effect.suspend(() => {
        calls.push(name)
        stored.push([negative, permit?.fence, asOf])
        return isWritten ? memory[name](to, negative, permit, asOf) : Effect.succeed(false)
      })
  const read = (name: "get" | "getShared") => () =>
    Effect.map(memory.get(key), (entry) => {
      calls.push(name)
      return { ...entry, asOf: entry.asOf + aheadMs }
    })
  const store = {
    ...memory,
    get: read("get"),
    getShared: read("getShared"),
    putNegative: put("putNegative"),
    withdraw: put("withdraw")
  }
  const lead = { lead: () => Effect.succeed({ _tag: "Lead" as const, over: Effect.void, permit: { fence: 7 } }) }
  const fetch = () => Effect.andThen(TestClock.adjust("1 second"), Effect.fail(new ResolveError({ code, hops: [] })))
  const result = yield* makeFetchAndStore(store, lead)({ key, fetch }, { askedSince: start }, true)({
    began: { wallMs: start, monotonicMs: 0 },
    result: Deferred.makeUnsafe(),
    waiting: {},
    discarded: false,
    discard: () => undefined,
    waiters: 1,
    unattended: false,
    fiber: undefined
  })
  return { calls, stored, result, left: yield* memory.get(key) }
})

type Row = readonly [code: VerdictCode, calls: ReadonlyArray<string>, keepsAssociation: boolean]

const rows: ReadonlyArray<Row> = [
  ["NotPublished", ["getShared", "withdraw"], false],
  ["MaterialWithdrawn", ["getShared", "withdraw"], false],
  ["DelegationWithdrawn", ["getShared", "withdraw"], false],
  ["InvalidJson", ["getShared", "get", "putNegative"], true],
  ["ConnectTimeout", ["getShared", "get", "putNegative"], true],
  ["DeadlineExceeded", ["getShared", "get"], true]
]

describe("a flight that ends with (CAC-30)", () => {
  it.effect.each(rows)("%s", ([code, calls, keepsAssociation]) =>
    Effect.gen(function*() {
      const { calls: made, left, result, stored } = yield* fly(code)
      assert.deepStrictEqual(made, calls)
      assert.strictEqual(left.association !== undefined, keepsAssociation)
      assert.strictEqual(result.remembered?.association !== undefined, keepsAssociation)
      assert.strictEqual(left.negative?.error.code, calls.length === 3 || !keepsAssociation ? code : undefined)
      assert.strictEqual(result.retryAt, left.negative?.until)
      for (const [, fence] of stored) assert.strictEqual(fence, 7)
    }))

  it.effect("a withdrawal whose permit is stale: it is answered, and nothing is remembered of it", () =>
    Effect.gen(function*() {
      const { left, result } = yield* fly("NotPublished", { isWritten: false })
      assert.isDefined(left.association)
      assert.deepStrictEqual([result.remembered, result.retryAt], [undefined, undefined])
    }))

  it.effect("CAC-35: a withdrawal, by the clock that decides on the entries, although none is read again", () =>
    Effect.gen(function*() {
      const { result, stored: [[negative, , asOf] = []] } = yield* fly("NotPublished", { aheadMs: minute })
      const learnedAt = start + minute + 1_000
      assert.strictEqual(asOf, learnedAt)
      assert.deepInclude(negative, { learnedAt, until: learnedAt + 5 * minute })
      assert.strictEqual(result.remembered?.asOf, learnedAt)
    }))
})
