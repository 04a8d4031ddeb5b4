/**
 * Lines for a named pipe that several processes write to.
 */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { atomicWrites } from "../../src/telemetry/decisions/outlet.ts"

const partsOf = (text: string): ReadonlyArray<string> =>
  atomicWrites(Buffer.from(text)).map((octets) => Buffer.from(octets).toString())

describe("writes to a named pipe", () => {
  const line = (length: number, letter = "a") => `${letter.repeat(length - 1)}\n`
  const rows: ReadonlyArray<readonly [name: string, text: string, lengths: ReadonlyArray<number>]> = [
    ["nothing", "", []],
    ["what fits is one", line(2_000) + line(2_096), [4_096]],
    ["what does not fit is divided between lines", line(2_000) + line(2_097), [2_000, 2_097]],
    ["a line that is too long stands alone", line(100) + line(5_000) + line(100), [100, 5_000, 100]],
    ["a line of exactly this length", line(4_096) + line(4_096), [4_096, 4_096]],
    ["a long text without an end", "a".repeat(5_000), [5_000]]
  ]
  for (const [name, text, lengths] of rows) {
    it(name, () => {
      const parts = partsOf(text)
      assert.deepStrictEqual(parts.map((part) => part.length), lengths)
      assert.strictEqual(parts.join(""), text)
    })
  }

  it.prop(
    "divide nothing but between lines, and change nothing",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6_000 })))],
    ([lengths]) => {
      const text = lengths.map((length) => line(length)).join("")
      const parts = partsOf(text)
      assert.strictEqual(parts.join(""), text)
      assert.isTrue(
        parts.every((part) => part.endsWith("\n") && (part.length <= 4_096 || part.indexOf("\n") === part.length - 1))
      )
    }
  )
})
