/** The text of an answer is the JSON of its message, to the octet. */
import { assert, describe, it } from "@effect/vitest"
import { answerText } from "../../src/http/answerText.ts"
import { toAnswer } from "../../src/service/toAnswer.ts"
import { indeterminate, mismatch, verified } from "../service/verdicts.ts"

const id = "019a0000-0000-7000-8000-000000000000"

const { generation: _, refreshAfter: __, validUntil: ___, cache: ____, ...bare } = verified

const verdicts = {
  verified,
  mismatch,
  indeterminate,
  "without optional members": bare,
  "instants with milliseconds, before 1970 and after 9999": {
    ...verified,
    validUntil: -1,
    refreshAfter: 253_402_300_800_001
  },
  "expired at once": { ...verified, validUntil: verified.decidedAt - 1 },
  "a message that needs escapes": { ...mismatch, message: "a \"quoted\" \\ text\nof \u0000, é, \ud800 and \u2028." },
  "an empty message": { ...mismatch, message: "" },
  "to be asked again in a part of a millisecond": { ...indeterminate, retryAfterMs: 0.5 },
  "to be asked again never": { ...indeterminate, retryAfterMs: Number.POSITIVE_INFINITY }
}

describe("answerText", () => {
  for (const [name, verdict] of Object.entries(verdicts)) {
    for (const explain of [false, true]) {
      for (const after of [0, 1, 1_500, 100_000_000]) {
        it(`${name}, ${explain ? "explained" : "plain"}, sent ${after} ms after the decision`, () => {
          const options = { id, explain, now: verdict.decidedAt + after }
          assert.strictEqual(answerText(verdict, options), JSON.stringify(toAnswer(verdict, options)))
        })
      }
    }
  }

  it("every character of ASCII and Latin-1 in a message", () => {
    for (let code = 0; code < 0x180; code += 1) {
      const verdict = { ...mismatch, message: `a${String.fromCharCode(code)}b` }
      assert.strictEqual(
        answerText(verdict, { id, explain: false }),
        JSON.stringify(toAnswer(verdict, { id, explain: false }))
      )
    }
  })
})
