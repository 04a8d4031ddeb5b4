/** What passes as a usual question is what the schema decodes to the same value. */
import { assert, describe, it } from "@effect/vitest"
import { BatchQuestion, Question } from "@posh/api"
import { Effect, Option, Schema } from "effect"
import { isPlainBatchQuestion, isPlainQuestion } from "../../src/service/plainQuestion.ts"

const Odd = Schema.Literals(["", "posh", 0, 1_000, 1.5, 60_001, true])
const mostly = <S extends Schema.Top>(usual: S) => Schema.optionalKey(Schema.Union([usual, Schema.String, Odd]))

const Input = Schema.Struct({
  domain: Schema.Union([Schema.String, Odd]),
  service: Schema.String,
  certificate: mostly(Schema.String),
  chain: mostly(Schema.Array(Schema.Union([Schema.String, Odd]))),
  prooftypes: mostly(Schema.Array(Schema.Literals(["posh", "pkix", "dane", "x"]))),
  explain: mostly(Schema.Boolean),
  deadlineMs: mostly(Schema.Int),
  id: mostly(Schema.String),
  refresh: Schema.optionalKey(Schema.Boolean)
})

const strict = { onExcessProperty: "error" } as const

describe("isPlainQuestion", () => {
  for (
    const [name, isPlain, schema] of [
      ["a question", isPlainQuestion, Question],
      ["a question of a batch", isPlainBatchQuestion, BatchQuestion]
    ] as const
  ) {
    const decode = Schema.decodeUnknownOption(schema as Schema.Codec<unknown, unknown>, strict)
    it.effect.prop(
      `takes only what the schema decodes to the same value: ${name}`,
      { given: Input },
      ({ given }) =>
        Effect.sync(() => {
          if (isPlain(given)) assert.deepStrictEqual(Option.getOrUndefined(decode(given)), given)
        }),
      { arbitrary: { runs: 2_000 } }
    )
  }

  it("takes chains and proof types", () => {
    const whole = { domain: "a", service: "b", chain: ["c", "d"], prooftypes: ["pkix", "posh"], deadlineMs: 500 }
    assert.isTrue(isPlainQuestion(whole))
    for (const chain of [[], Array.from({ length: 11 }, () => "c"), ["c", 1], "c"]) {
      assert.isFalse(isPlainQuestion({ ...whole, chain }))
    }
    assert.isFalse(isPlainQuestion({ ...whole, prooftypes: ["pkix", "x"] }))
  })
})
