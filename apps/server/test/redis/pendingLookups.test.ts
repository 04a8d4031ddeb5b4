/** Whatever of a pending purge reached Redis is announced, also where something else failed, or somebody read first. */
import { assert, describe, it } from "@effect/vitest"
import type { CacheKey } from "@posh/core/cache"
import { Effect } from "effect"
import { makePendingLookups } from "../../src/redis/PendingLookups.ts"
import { RedisError } from "../../src/redis/RedisError.ts"
import { lookupKeyOf } from "./things.ts"

const [one, other] = [lookupKeyOf("one"), lookupKeyOf("other")]

/** Commands fail for the keys that are refused. */
const makeWorld = () => {
  const refused = new Set<string>()
  const noted: Array<RedisError> = []
  const run = ({ text }: CacheKey) =>
    Effect.suspend(() =>
      refused.has(text)
        ? Effect.fail(new RedisError({ reason: "connection" }))
        : Effect.void
    )
  const pending = makePendingLookups({
    remove: run,
    purge: run,
    noteError: (error) => Effect.sync(() => void noted.push(error))
  })
  return { noted, pending, refused }
}

const texts = (keys: ReadonlyArray<CacheKey>) => keys.map(({ text }) => text)

describe("pending look-ups", () => {
  it.effect.each(["purge", "removal"] as const)(
    "a %s is announced though the one after it fails",
    (kind) =>
      Effect.gen(function*() {
        const { noted, pending, refused } = makeWorld()
        pending.add(one, kind)
        pending.add(other, kind)
        refused.add(other.text)
        assert.deepStrictEqual(texts(yield* pending.completeAll), [one.text])
        assert.strictEqual(noted.length, 1)
        refused.clear()
        assert.deepStrictEqual(texts(yield* pending.completeAll), [other.text])
        assert.deepStrictEqual(yield* pending.completeAll, [])
      })
  )

  it.effect("a purge that a read completed is announced once", () =>
    Effect.gen(function*() {
      const { pending } = makeWorld()
      pending.add(one, "purge")
      yield* pending.complete(one)
      assert.isFalse(pending.has(one))
      assert.deepStrictEqual(texts(yield* pending.completeAll), [one.text])
      assert.deepStrictEqual(yield* pending.completeAll, [])
    }))
})
