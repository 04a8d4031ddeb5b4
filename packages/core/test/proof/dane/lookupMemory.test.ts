/** What one process remembers of DNS, and how much of it (POSH-CAC-05). */
import { assert, describe, it } from "@effect/vitest"
import { daneLimits } from "../../../src/Limits.ts"
import type { ServiceLookup } from "../../../src/proof/dane/DaneLookup.ts"
import { makeLookupMemory } from "../../../src/proof/dane/LookupMemory.ts"
import { absent, found, keyOf, records } from "./lookups.ts"

const at = (wallMs: number) => ({ wallMs, monotonicMs: wallMs })
const start = at(1_000_000)

const remember = (options: Parameters<typeof makeLookupMemory>[0], lookups: ReadonlyArray<ServiceLookup>) => {
  const memory = makeLookupMemory(options)
  lookups.forEach((lookup, index) => memory.set(keyOf(`n${index}`), lookup, start, 1))
  return {
    memory,
    kept: lookups.flatMap((_, index) => memory.get(keyOf(`n${index}`).text, start) === undefined ? [] : [index])
  }
}

/** As much as answers hold: eight targets, each with as many records as fit into 16 KiB. */
const hostile = found(start.wallMs, ...Array.from({ length: daneLimits.targets }, () => records(300, 340, 32)))
const honest = found(start.wallMs)

describe("what is remembered of DNS", () => {
  const rows: ReadonlyArray<
    readonly [
      name: string,
      lookup: ServiceLookup,
      bound: { readonly services: number; readonly octets: number },
      number
    ]
  > = [
    ["by services", honest, { services: 3, octets: 1e6 }, 3],
    ["by octets, of honest zones", honest, { services: 1_000, octets: 20_000 }, 12],
    ["by octets, where nothing is published", absent(start.wallMs), { services: 1_000, octets: 20_000 }, 24],
    ["by octets, of hostile zones", hostile, { services: 1_000, octets: 2_500_000 }, 3],
    ["to nothing, where nothing is to be cached", honest, { services: 0, octets: 1e6 }, 0],
    ["not at all what is larger than everything", hostile, { services: 1_000, octets: 500_000 }, 0]
  ]
  it.each(rows)("is bounded %s, and the latest stay", (_, lookup, bound, count) => {
    const { kept } = remember(bound, Array.from({ length: 30 }, () => lookup))
    assert.deepStrictEqual(kept, Array.from({ length: count }, (_, index) => 30 - count + index))
  })

  it("is bounded so unless somebody says otherwise", () => {
    // Of these, 128 MiB hold 180: the bound of services alone would allow for 70 GiB.
    const { kept } = remember(undefined, Array.from({ length: 400 }, () => hostile))
    assert.isAbove(kept.length, 100)
    assert.isBelow(kept.length, 250)
  })

  it("has an end, whatever the clocks do", () => {
    const { memory } = remember(undefined, [honest])
    const get = (wallMs: number, monotonicMs: number) =>
      memory.get(keyOf("n0").text, { wallMs: start.wallMs + wallMs, monotonicMs: start.monotonicMs + monotonicMs })
    assert.isDefined(get(299_999, 299_999))
    assert.isUndefined(get(300_000, 300_000))
    assert.isUndefined(get(-1_000_000, 300_000), "CAC-35: the wall clock was set back")
    assert.isUndefined(get(300_000, 0), "the wall clock was set forward")
    assert.strictEqual(get(-60_000, 0)?.lookup.resolvedAt, start.wallMs - 60_000, "no younger by a clock set back")
  })

  it("shares no memory with the question", () => {
    const text = `${"x".repeat(10_000)}im.example`
    const key = { ...keyOf("im"), domain: text.slice(10_000) as never, text: `${text.slice(10_000)}:xmpp-server:tlsa` }
    const memory = makeLookupMemory()
    memory.set(key, honest, start, 1)
    const [listed] = memory.inventory({ limit: 1 }, start).lookups
    assert.deepStrictEqual(listed?.key, keyOf("im"))
  })

  it("is listed by its end, in pages", () => {
    const { memory } = remember(undefined, [honest, absent(start.wallMs), absent(start.wallMs, 0), honest])
    const names = (query: Parameters<typeof memory.inventory>[0]) => {
      const { cursor, lookups } = memory.inventory(query, start)
      return { cursor, names: lookups.map(({ key }) => key.domain.split(".")[0]) }
    }
    const first = names({ limit: 2 })
    assert.deepStrictEqual(first.names, ["n1", "n0"])
    assert.isDefined(first.cursor)
    assert.deepStrictEqual(names({ limit: 2, ...(first.cursor === undefined ? {} : { cursor: first.cursor }) }), {
      cursor: undefined,
      names: ["n3"]
    })
    assert.deepStrictEqual(names({ limit: 9, expiresBefore: start.wallMs + 200_000 }).names, ["n1"])
  })
})
