/** The table of repeated bodies: what it finds has equal octets, whatever callers send. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { makeRepeatedQuestions } from "../../src/http/RepeatedQuestions.ts"
import { type ParsedQuestion, parseQuestion } from "../../src/service/answerQuestion.ts"

const questionOf = (body: Buffer): ParsedQuestion =>
  Result.getOrThrow(parseQuestion({ domain: "a.example", service: "xmpp-server", certificate: body.toString("hex") }))

const makeTable = () => {
  const table = makeRepeatedQuestions()
  /** As the lane does: the question that was kept for this body, or nothing, and it is kept. */
  const ask = (body: Buffer): ParsedQuestion | undefined => {
    const mark = table.markOf(body)
    const found = table.find(mark, body)
    if (found === undefined) table.note(mark, body, questionOf(body))
    return found
  }
  return { ...table, ask }
}

/** Bodies with equal ends, so with equal marks. */
const middle = (fill: number, length = 1_000) => Buffer.alloc(length, "x").fill(fill, 100, length - 100)

describe("bodies that callers repeat", () => {
  it("are known at the third time", () => {
    const { ask } = makeTable()
    const body = Buffer.from(`{"domain":"a.example"}`)
    assert.deepStrictEqual([ask(body) !== undefined, ask(body) !== undefined, ask(body) !== undefined], [
      false,
      false,
      true
    ])
  })

  it("are told from others with the same mark", () => {
    const { ask, markOf } = makeTable()
    assert.strictEqual(markOf(middle(1)), markOf(middle(2)))
    for (let times = 0; times < 3; times += 1) ask(middle(1))
    assert.isDefined(ask(middle(1)))
    assert.isUndefined(ask(middle(2)))
  })

  it("have other marks with another length or other ends", () => {
    const { markOf } = makeTable()
    const marks = [middle(1), middle(1, 1_001), Buffer.from("{}"), Buffer.from("{}\n"), Buffer.alloc(0)]
    for (const at of [0, 40, 79, 999, 960, 921]) {
      const changed = middle(1)
      changed[at]! ^= 1
      marks.push(changed)
    }
    assert.strictEqual(new Set(marks.map(markOf)).size, marks.length)
  })

  it("give way to others in one of 16 cases", () => {
    const { ask, find, markOf } = makeTable()
    for (let times = 0; times < 3; times += 1) ask(middle(1))
    let asked = 0
    while (find(markOf(middle(2)), middle(2)) === undefined) {
      assert.isDefined(ask(middle(1)))
      ask(middle(2))
      asked += 1
    }
    assert.strictEqual(asked, 16)
    assert.isUndefined(ask(middle(1)))
  })

  it("are not kept if they are long", () => {
    const { ask } = makeTable()
    for (const [length, kept] of [[4_096, true], [4_097, false]] as const) {
      for (let times = 0; times < 3; times += 1) ask(middle(1, length))
      assert.strictEqual(ask(middle(1, length)) !== undefined, kept)
    }
  })

  it("are kept in octets of their own: the buffer they came in is read into again", () => {
    const { ask } = makeTable()
    const slab = Buffer.alloc(65_536, "{}")
    const body = slab.subarray(8, 1_008)
    for (let times = 0; times < 3; times += 1) ask(body)
    const same = Buffer.from(body)
    slab.fill(0)
    assert.isDefined(ask(same))
    assert.isUndefined(ask(body))
  })

  it.prop(
    "are found only by equal octets, whatever comes in which order",
    [Schema.Array(Schema.Literals(["", "{}", "{ }", "[]", "{}\n", "{} "]))],
    ([texts]) => {
      const { ask } = makeTable()
      for (const text of [...texts, ...texts, ...texts]) {
        const found = ask(Buffer.from(text))
        if (found !== undefined) assert.deepStrictEqual(found, questionOf(Buffer.from(text)))
      }
    }
  )
})
