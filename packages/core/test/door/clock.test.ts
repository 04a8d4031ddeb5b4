/** POSH-CAC-35: a wall clock that is set back makes nothing young again, whoever remembers it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { verifyBy } from "../asking.ts"
import { question } from "../greenhouse.ts"
import { makeWorld, overJumpingWall, type Publication } from "./world.ts"

const second = 1_000
const day = 86_400 * second

interface Row {
  readonly name: string
  readonly published: Publication
  /** Milliseconds that pass, and by which the wall clock is set back then. */
  readonly passed: number
  readonly back: number
  /** Asked: who learnt it, or another process that has yet to read it from the far store. */
  readonly replica: number
  readonly code: string
}

const draft: Publication = { kind: "draft", delayMs: 0 }
const rfc = (expires: number): Publication => ({ kind: "rfc7711", expires, age: 0, delayMs: 0 })

const rows: ReadonlyArray<Row> = [
  {
    name: "draft, ten days, who learnt it",
    published: draft,
    passed: 10 * day,
    back: 10 * day,
    replica: 0,
    code: "NotPublished"
  },
  {
    name: "draft, ten days, another",
    published: draft,
    passed: 10 * day,
    back: 10 * day,
    replica: 1,
    code: "NotPublished"
  },
  {
    name: "draft, ten days, set back further",
    published: draft,
    passed: 10 * day,
    back: 60 * day,
    replica: 1,
    code: "NotPublished"
  },
  {
    name: "RFC 7711, an hour, who learnt it",
    published: rfc(60),
    passed: 3_600 * second,
    back: 3_600 * second,
    replica: 0,
    code: "NotPublished"
  },
  {
    name: "RFC 7711, an hour, another",
    published: rfc(60),
    passed: 3_600 * second,
    back: 3_599 * second,
    replica: 1,
    code: "NotPublished"
  },
  {
    name: "still fresh is fresh",
    published: rfc(3_600),
    passed: 60 * second,
    back: 3_600 * second,
    replica: 0,
    code: "Verified"
  },
  {
    name: "still fresh is fresh for another",
    published: rfc(3_600),
    passed: 60 * second,
    back: 3_600 * second,
    replica: 1,
    code: "Verified"
  }
]

describe("a wall clock that is set back", () => {
  it.effect.each(rows)(
    "$name",
    ({ back, code, passed, published, replica }) =>
      overJumpingWall((wall) =>
        Effect.gen(function*() {
          wall.offsetMs = Date.parse("2026-07-01T00:00:00Z")
          const { origin, replicas } = yield* makeWorld
          origin.publication = published
          assert.strictEqual((yield* verifyBy(replicas[0]!, question)).code, "Verified")
          origin.publication = { kind: "nothing", delayMs: 0 } // the domain withdraws it
          yield* TestClock.adjust(passed)
          wall.offsetMs -= back
          const { decidedAt, validUntil, ...verdict } = yield* verifyBy(replicas[replica]!, question)
          assert.strictEqual(verdict.code, code)
          if (published.kind !== "rfc7711" || validUntil === undefined) return
          assert.isAtMost(validUntil - decidedAt, published.expires * second - passed)
        })
      )
  )
})
