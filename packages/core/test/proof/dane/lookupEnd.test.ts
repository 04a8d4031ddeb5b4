/** For how long a look-up is remembered, also one that another process stored. */
import { assert, describe, it } from "@effect/vitest"
import type { ServiceLookup } from "../../../src/proof/dane/DaneLookup.ts"
import { lifetimeOf, lookupEnd, lookupUnder } from "../../../src/proof/dane/lookupEnd.ts"
import { absent, bogus, found, records, untrusted } from "./lookups.ts"

const lives: ReadonlyArray<readonly [name: string, lookup: ServiceLookup, seconds: number]> = [
  ["the TTL of SRV", absent(0), 120],
  ["the least TTL of all that it rests on", found(0, records(200), records(100)), 100],
  ["what cannot be trusted", bogus(0), 5],
  ["one target that cannot be trusted", found(0, records(), { target: "a", port: 1, ttl: 200, ...untrusted }), 5],
  [
    "a TTL below that of what cannot be trusted",
    found(0, records(2), { target: "a", port: 1, ttl: 0, ...untrusted }),
    2
  ],
  ["nothing", absent(0, 0), 0]
]

describe("how long a look-up lives", () => {
  it.each(lives)("%s", (_, lookup, seconds) => assert.strictEqual(lifetimeOf(lookup), seconds * 1_000))
})

const minute = 60_000
const now = 100 * minute
/** Lives 300 s. */
const rows: ReadonlyArray<{
  readonly name: string
  /** By the clock of the writer, before our now. */
  readonly agedMs: number
  readonly leftMs: number
  /** From now on; 0: it does not serve. */
  readonly servesMs: number
}> = [
  { name: "clocks agree", agedMs: minute, leftMs: 4 * minute, servesMs: 4 * minute },
  { name: "the writer is two minutes ahead", agedMs: minute - 2 * minute, leftMs: 4 * minute, servesMs: 4 * minute },
  { name: "the writer is two minutes behind", agedMs: minute + 2 * minute, leftMs: 4 * minute, servesMs: 2 * minute },
  { name: "the writer is so far behind that it ended", agedMs: 6 * minute, leftMs: 4 * minute, servesMs: 0 },
  { name: "the writer is beyond belief", agedMs: -6 * minute, leftMs: 4 * minute, servesMs: 0 },
  { name: "somebody stored it again for long", agedMs: 4 * minute, leftMs: 1_000 * minute, servesMs: minute },
  { name: "somebody ahead, for long", agedMs: -2 * minute, leftMs: 1_000 * minute, servesMs: 5 * minute },
  { name: "a value without an end", agedMs: minute, leftMs: -1, servesMs: 0 },
  { name: "no number", agedMs: minute, leftMs: Number.NaN, servesMs: 0 }
]

describe("CAC-35: a look-up of another process", () => {
  it.each(rows)("$name", ({ agedMs, leftMs, servesMs }) => {
    const ours = lookupUnder(found(now - agedMs), leftMs, now)
    assert.strictEqual(ours === undefined ? 0 : lookupEnd(ours) - now, servesMs)
    assert.isTrue(ours === undefined || ours.resolvedAt <= now, "nothing was resolved in the future")
  })
})
