/** Unions of one member: rewritten where that changes nothing, and nowhere else. */
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Schema } from "effect"
import { type JsonSchema, mapSchema } from "../../src/openApi/OpenApiDocument.ts"
import { withoutSingleUnion } from "../../src/openApi/singleUnions.ts"

const rewritten = (schema: unknown): unknown => mapSchema(schema, withoutSingleUnion)
const text: JsonSchema = { type: "string", description: "its own" }

describe("a union of one member", () => {
  const rows: ReadonlyArray<readonly [name: string, schema: unknown, rewritten: unknown]> = [
    ["alone", { anyOf: [text] }, text],
    ["beside annotations, which win", { anyOf: [text], description: "of the member", title: "T" }, {
      type: "string",
      description: "of the member",
      title: "T"
    }],
    ["in another", { anyOf: [{ oneOf: [{ allOf: [text] }] }] }, text],
    ["in a property", { type: "object", properties: { a: { anyOf: [text] } } }, {
      type: "object",
      properties: { a: text }
    }],
    ["of two members", { anyOf: [text, { type: "null" }] }, { anyOf: [text, { type: "null" }] }],
    ["beside a keyword that constrains", { anyOf: [text], minLength: 1 }, { anyOf: [text], minLength: 1 }],
    [
      "whose neighbour would mean something else",
      { anyOf: [{ properties: { a: true } }], additionalProperties: false },
      { anyOf: [{ properties: { a: true } }], additionalProperties: false }
    ],
    ["true", { anyOf: [true] }, { anyOf: [true] }],
    ["as a value", { enum: [{ anyOf: [text] }], default: { anyOf: [text] } }, {
      enum: [{ anyOf: [text] }],
      default: { anyOf: [text] }
    }],
    ["as the name of a property", { properties: { anyOf: text } }, { properties: { anyOf: text } }]
  ]
  it.each(rows)("%s", (_, schema, expected) => assert.deepStrictEqual(rewritten(schema), expected))
})

/** A schema and a value that a tape of choices makes, so that a failure shrinks. */
const maker = (tape: ReadonlyArray<number>) => {
  let at = 0
  const choose = <A>(values: ReadonlyArray<A>): A => values[(tape[at++ % tape.length] ?? 0) % values.length]!
  const names = ["a", "b"] as const
  const value = (depth: number): unknown => {
    const kind = choose(depth > 2 ? ["text", "number", "null"] : ["text", "number", "null", "list", "object"])
    if (kind === "text") return choose(["", "a", "bcd"])
    if (kind === "number") return choose([0, 1, 1.5])
    if (kind === "null") return null
    if (kind === "list") return Array.from({ length: choose([0, 1, 2]) }, () => value(depth + 1))
    return Object.fromEntries(names.filter(() => choose([true, false])).map((name) => [name, value(depth + 1)]))
  }
  const schema = (depth: number): unknown => {
    if (depth > 3) return choose<unknown>([true, false, { type: "string" }])
    const one = (): unknown => schema(depth + 1)
    const parts: ReadonlyArray<() => object> = [
      () => ({ type: choose(["string", "number", "object", "array", "null"]) }),
      () => ({ [choose(["anyOf", "oneOf", "allOf"])]: Array.from({ length: choose([1, 1, 2]) }, one) }),
      () => ({ properties: Object.fromEntries(names.map((name) => [name, one()])) }),
      () => ({ additionalProperties: one() }),
      () => ({ items: one() }),
      () => ({ prefixItems: [one()] }),
      () => ({ required: [choose(names)] }),
      () => ({ enum: [value(1), value(1)] }),
      () => ({ not: one() }),
      () => ({ description: "text", title: "T", default: { anyOf: [{}] } }),
      () => ({ unevaluatedProperties: one() }),
      () => ({ minLength: 1 })
    ]
    return Object.assign({}, ...Array.from({ length: choose([1, 2, 3]) }, () => choose(parts)()))
  }
  return { schema: schema(0), values: Array.from({ length: 8 }, () => value(0)) }
}

const Tape = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(80)
)

describe("the rewritten schema", () => {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, addUsedSchema: false })
  const judge = (schema: unknown) => ajv.compile(schema as object)

  it.prop("accepts what it accepted before, and nothing else", [Tape], ([tape]) => {
    const { schema, values } = maker(tape)
    const [before, after] = [judge(schema), judge(rewritten(schema))]
    for (const value of values) assert.strictEqual(after(value), before(value), JSON.stringify({ schema, value }))
  })
})
