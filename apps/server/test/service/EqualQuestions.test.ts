/** Which questions of a batch share an answer. */
import { assert, describe, it } from "@effect/vitest"
import type { Question } from "@posh/core"
import { EqualQuestions } from "../../src/service/EqualQuestions.ts"

const question = (more: Partial<Question> = {}): Question => ({
  domain: "a.example",
  service: "xmpp-server",
  certificate: "MAA=",
  ...more
})

const reordered: Question = { certificate: "MAA=", service: "xmpp-server", domain: "a.example" }
const other = question({ certificate: "MAE=" })
const fingerprint = { "sha-256": "00" }

const rows: ReadonlyArray<readonly [what: string, questions: ReadonlyArray<Question>, made: ReadonlyArray<number>]> = [
  ["equal ones", [question(), question(), question()], [0, 0, 0]],
  ["members in another order", [question(), reordered], [0, 0]],
  ["domains", [question(), question({ domain: "b.example" }), question()], [0, 1, 0]],
  ["certificates of one domain", [question(), other, question(), other], [0, 1, 0, 1]],
  ["services of one domain", [question(), question({ service: "xmpp-client" })], [0, 1]],
  ["options", [question(), question({ maxAge: 1 }), question({ maxAge: 1 }), question({ maxAge: 2 })], [0, 1, 1, 2]],
  ["deadlines", [question({ deadlineMs: 100 }), question({ deadlineMs: 200 }), question({ deadlineMs: 100 })], [
    0,
    1,
    0
  ]],
  [
    "a chain and a certificate",
    [question(), { domain: "a.example", service: "xmpp-server", chain: ["MAA="] }, question()],
    [0, 1, 0]
  ],
  [
    "fingerprints",
    [{ domain: "a.example", service: "xmpp-server", fingerprint }, question(), {
      domain: "a.example",
      service: "xmpp-server",
      fingerprint: { ...fingerprint }
    }],
    [0, 1, 0]
  ],
  ["another spelling of a domain", [question(), question({ domain: "A.example" })], [0, 1]]
]

describe("equal questions of a batch", () => {
  it.each(rows)("are told from different ones: %s", (_, questions, made) => {
    const asked = new EqualQuestions<number>()
    let makes = 0
    assert.deepStrictEqual(questions.map((one) => asked.find(one, () => makes++)), made)
  })
})
