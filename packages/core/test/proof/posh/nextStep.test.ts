/** The next step of a negotiation, by the attempts before it (requirements §9.2). */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import type { Attempted } from "../../../src/cache/Resolution.ts"
import { failures, isUnanswered, type VerdictCode } from "../../../src/codes.ts"
import { nextStep } from "../../../src/proof/posh/negotiation.ts"
import type { StoreKey } from "../../../src/question/StoreKey.ts"

const attempted = (generation: "rfc7711" | "draft", to: "material" | VerdictCode): Attempted => ({
  key: { generation } as StoreKey,
  cache: "miss",
  outcome: to === "material"
    ? Result.succeed({
      association: { generation } as Association,
      overdue: false,
      askAgainAt: 0,
      behindMs: 0,
      fetchedForQuestion: true
    })
    : Result.fail(new ResolveError({ code: to, hops: [] }))
})

type Row = readonly [
  name: string,
  generations: Parameters<typeof nextStep>[0],
  attempts: ReadonlyArray<Attempted>,
  maxAgeMs: number | undefined,
  step: string
]

const rows: ReadonlyArray<Row> = [
  ["NEG-01: RFC 7711 comes first", "rfc-then-draft", [], undefined, "Ask rfc7711"],
  ["NEG-01: RFC 7711 alone", "rfc-only", [], undefined, "Ask rfc7711"],
  ["NEG-01: the draft alone", "draft-only", [], undefined, "Ask draft"],
  ["material decides", "rfc-then-draft", [attempted("rfc7711", "material")], undefined, "Decide rfc7711"],
  ["NEG-02: nothing is published", "rfc-then-draft", [attempted("rfc7711", "NotPublished")], undefined, "Ask draft"],
  ["NEG-02: also with maxAge", "rfc-then-draft", [attempted("rfc7711", "NotPublished")], 0, "Ask draft"],
  ["there is no other generation", "rfc-only", [attempted("rfc7711", "NotPublished")], undefined, "Decide rfc7711"],
  ["NEG-06: no answer", "rfc-then-draft", [attempted("rfc7711", "ConnectTimeout")], undefined, "AskStore draft"],
  ["NEG-06: not past maxAge", "rfc-then-draft", [attempted("rfc7711", "ConnectTimeout")], 0, "Decide rfc7711"],
  [
    "no answer, and no other generation",
    "draft-only",
    [attempted("draft", "ConnectTimeout")],
    undefined,
    "Decide draft"
  ],
  [
    "the last one decides",
    "rfc-then-draft",
    [attempted("rfc7711", "NotPublished"), attempted("draft", "ConnectTimeout")],
    undefined,
    "Decide draft"
  ]
]

const describeStep = (...[generations, attempts, options]: Parameters<typeof nextStep>): string => {
  const step = nextStep(generations, attempts, options)
  return `${step._tag} ${step._tag === "Decide" ? step.deciding.key.generation : step.generation}`
}
const within = (maxAgeMs: number | undefined) => maxAgeMs === undefined ? {} : { maxAgeMs }

describe("the next step of a negotiation", () => {
  it.each(rows)("%s", (_, generations, attempts, maxAgeMs, step) => {
    assert.strictEqual(describeStep(generations, attempts, within(maxAgeMs)), step)
  })

  it("NEG-02: NotPublished is the only code after which the draft is asked", () => {
    for (const code of Object.keys(failures) as ReadonlyArray<VerdictCode>) {
      const expected = code === "NotPublished" ? "Ask draft" : isUnanswered(code) ? "AskStore draft" : "Decide rfc7711"
      assert.strictEqual(describeStep("rfc-then-draft", [attempted("rfc7711", code)], {}), expected, code)
    }
  })
})
