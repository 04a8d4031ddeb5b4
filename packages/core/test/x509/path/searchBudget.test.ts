import { assert, describe, it } from "@effect/vitest"
import { forge, type Forged, forgeKeys, generalName } from "@posh/testing"
import { Result } from "effect"
import { pathLimits } from "../../../src/Limits.ts"
import { assertHeld } from "../../hostile/measure.ts"
import { ca, type FaultRow, find, under } from "./world.ts"

const rows: ReadonlyArray<FaultRow> = [
  {
    name: "more certificates than are read",
    make: () => {
      const world = under({}, {})
      const intermediates = Array.from({ length: pathLimits.intermediates + 1 }, () => world.intermediates[0]!)
      return { ...world, intermediates }
    },
    reason: "tooMuchWork",
    detail: /too many/
  },
  {
    name: "30 CAs of one name, each of which could have issued each",
    make: () => {
      const keys = Array.from({ length: 30 }, () => forgeKeys("P-384"))
      const signers = keys.map((one) => ca("CA", undefined, { keys: one }))
      const intermediates = signers.map((signer, index) => ca("CA", signer, { keys: keys[(index + 1) % 30]! }))
      return { leaf: forge(signers[0]), intermediates, anchors: [ca("Root")] }
    },
    reason: "tooMuchWork",
    detail: /too much work/
  },
  {
    name: "10 levels of two CAs of one key, below no anchor",
    make: () => {
      const keys = forgeKeys()
      const intermediates: Array<Forged> = []
      for (let level = 0; level < 10; level += 1) {
        const issuer = ca(`Level ${level}`, undefined, { keys })
        for (const pathLength of [20, 21, 22]) {
          intermediates.push(ca(`Level ${level + 1}`, issuer, { keys, pathLength }))
        }
      }
      return {
        leaf: forge(intermediates.at(-1)),
        intermediates,
        anchors: [ca("Level 0", undefined, { keys, excluded: [generalName.dns("example.com")] })]
      }
    },
    reason: "tooMuchWork",
    detail: /too much work/
  }
]

describe("POSH-SEC-13: a search that takes too much work", () => {
  it.each(rows)("ends, and is no yes: $name", ({ detail, make, reason }) => {
    const fault = Result.getOrThrow(Result.flip(find(make())))
    assert.strictEqual(fault.reason, reason)
    assert.match(fault.detail, detail)
  })

  it.each(rows)("does not stop the event loop for 50 ms: $name", ({ make }) => {
    const world = make()
    assertHeld(50, () => find(world))
  })
})
