import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Association } from "../../../src/association/Association.ts"
import type { Lifetime } from "../../../src/association/Lifetime.ts"
import { usableUntil } from "../../../src/association/Lifetime.ts"
import { associationUnder, negativeUnder } from "../../../src/cache/store/underPolicy.ts"
import { cacheLimits } from "../../../src/Limits.ts"
import { associationOf, keyOf, negativeAt } from "./storeSuite.ts"

const Instant = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000 }))
const Milliseconds = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
  Schema.Literal(Number.MAX_SAFE_INTEGER)
])
const Policy = Schema.Struct({
  maxLifetimeMs: Milliseconds,
  draftRevalidateMs: Milliseconds,
  draftGraceMs: Milliseconds
})
const Instants = Schema.Tuple([Instant, Instant, Instant, Instant])

const lifetimeOf = (instants: typeof Instants.Type): Lifetime => {
  const [fetchedAt = 0, revalidateAt = 0, graceUntil = 0, expiresAt = 0] = instants.toSorted((a, b) => a - b)
  return { fetchedAt, revalidateAt, graceUntil, expiresAt }
}
const flat = ({ fetchedAt, revalidateAt: end }: Lifetime): Lifetime => ({
  fetchedAt,
  revalidateAt: end,
  graceUntil: end,
  expiresAt: end
})

const stored = (lifetime: Lifetime, isDraft: boolean): Association => ({
  ...associationOf(keyOf("a", isDraft ? "draft" : "rfc7711"), 0, 1),
  ...(isDraft ? { material: { _tag: "JwkSet", entries: [] } } : {}),
  lifetime: isDraft ? lifetime : flat(lifetime)
})

describe("entries of another process under this deployment's policy", () => {
  it.prop(
    "only ever ends sooner, within every maximum, its instants in order (CAC-11, CAC-22)",
    [Instants, Policy, Instant, Schema.Boolean],
    ([instants, policy, now, isDraft]) => {
      const before = stored(lifetimeOf(instants), isDraft)
      const after = associationUnder(before, policy, now)
      if (after === undefined) return assert.isAbove(before.lifetime.fetchedAt, now + cacheLimits.clockSkewMs)
      const { expiresAt, fetchedAt, graceUntil, revalidateAt } = after.lifetime
      assert.strictEqual(fetchedAt, before.lifetime.fetchedAt)
      assert.isTrue(fetchedAt <= revalidateAt && revalidateAt <= graceUntil && graceUntil <= expiresAt)
      assert.isAtMost(revalidateAt, before.lifetime.revalidateAt)
      assert.isAtMost(graceUntil, before.lifetime.graceUntil)
      assert.isAtMost(expiresAt, before.lifetime.expiresAt)
      assert.isAtMost(revalidateAt - fetchedAt, isDraft ? policy.draftRevalidateMs : policy.maxLifetimeMs)
      const longest = isDraft ? Math.max(policy.draftRevalidateMs, policy.draftGraceMs) : policy.maxLifetimeMs
      assert.isAtMost(usableUntil(after.lifetime) - fetchedAt, longest)
      assert.strictEqual(associationUnder(after, policy, now), after, "once is enough")
      assert.deepStrictEqual({ ...after, lifetime: 0 }, { ...before, lifetime: 0 })
    },
    { arbitrary: { runs: 2_000 } }
  )

  it("an entry from the future is refused, beyond the clock skew", () => {
    const now = 1_000_000
    const policy = { maxLifetimeMs: 1e9, draftRevalidateMs: 1e9, draftGraceMs: 1e9 }
    for (const [ahead, isKnown] of [[0, true], [cacheLimits.clockSkewMs, true], [cacheLimits.clockSkewMs + 1, false]]) {
      const at = now + Number(ahead)
      assert.strictEqual(associationUnder(associationOf(keyOf("a"), at, 5), policy, now) !== undefined, isKnown)
      assert.strictEqual(negativeUnder(negativeAt(at), now) !== undefined, isKnown)
    }
  })
})
