/**
 * Messages that consist of too many parts are refused before they are decoded, however they arrive.
 */
import { create, type DescField, type DescMessage, ScalarType, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { BatchVerifyRequestSchema, VerificationService, VerifyRequestSchema } from "@posh/api/grpc"
import { Effect, Schema } from "effect"
import { FieldCount, shapeOf } from "../../src/grpc/messages/FieldCount.ts"
import { question } from "./wire.ts"

const [verify, batch] = [shapeOf(VerifyRequestSchema), shapeOf(BatchVerifyRequestSchema)]

const repeated = (count: number, ...octets: ReadonlyArray<number>) =>
  Uint8Array.from({ length: count * octets.length }, (_, index) => octets[index % octets.length] ?? 0)

const withLength = (tag: number, inner: Uint8Array) => {
  const length: Array<number> = []
  for (let left = inner.length;; left = Math.floor(left / 128)) {
    length.push(left >= 128 ? left % 128 + 128 : left)
    if (left < 128) break
  }
  return Uint8Array.from([tag, ...length, ...inner])
}

const usual = toBinary(
  BatchVerifyRequestSchema,
  create(BatchVerifyRequestSchema, {
    requests: Array.from({ length: 10 }, (_, index) => ({
      id: String(index),
      question: question("a.example", {
        prooftypes: ["posh", "dane"],
        maxAge: 9,
        presented: { case: "chain", value: { certificates: [new Uint8Array(300), new Uint8Array(5)] } }
      } as never)
    }))
  })
)
/** Each has itself, its id, its question, and of that domain, service, chain with two certificates, two proof types and an age. */
const usualFields = 10 * (3 + 2 + 1 + 2 + 2 + 1)

/** Of a message, and of those in it; `[name, why it is not counted]`. */
const uncounted = (message: DescMessage): ReadonlyArray<readonly [string, string]> =>
  message.fields.flatMap((field: DescField) => {
    const name = `${message.typeName}.${field.name}`
    if (field.fieldKind === "map") return [[name, "a map"] as const]
    const isText = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES
    if (field.fieldKind === "list" && field.message === undefined && !isText) return [[name, "packed"] as const]
    if (field.message === undefined) return []
    return "delimitedEncoding" in field && field.delimitedEncoding === true
      ? [[name, "a group"] as const]
      : uncounted(field.message)
  })

describe("fields of requests", () => {
  it.each(VerificationService.methods.map(({ input, name }) => [name, input] as const))(
    "%s: each is written in the one way that is counted",
    (_, input) => assert.deepStrictEqual(uncounted(input), [])
  )
})

describe("fields of a message", () => {
  const rows: ReadonlyArray<readonly [string, typeof verify, Uint8Array, most: number, isTaken: boolean]> = [
    ["a usual batch", batch, usual, usualFields, true],
    ["a usual batch, and one less allowed", batch, usual, usualFields - 1, false],
    ["empty questions", batch, repeated(1_001, 0x0a, 0), 1_000, false],
    ["unknown numbers", batch, repeated(1_001, 0x78, 1), 1_000, false],
    ["as many as may be", batch, repeated(1_000, 0x78, 1), 1_000, true],
    ["fixed octets", verify, repeated(1_001, 0x79, 1, 2, 3, 4, 5, 6, 7, 8), 1_000, false],
    ["empty certificates", verify, withLength(0x0a, withLength(0x22, repeated(1_001, 0x0a, 0))), 1_000, false],
    [
      "what looks like fields in a text",
      verify,
      withLength(0x0a, withLength(0x0a, repeated(1_001, 0x0a, 0))),
      10,
      true
    ],
    [
      "a number that is written as a text of fields",
      verify,
      withLength(0x0a, withLength(0x62, repeated(3, 0x22, 0))),
      1_000,
      false
    ],
    ["a text that is written as a number", verify, withLength(0x0a, Uint8Array.of(0x08, 1)), 1_000, false],
    ["groups", verify, repeated(3, 0x0b), 1_000, false],
    [
      "a length that is nothing beyond 32 bits",
      batch,
      Uint8Array.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x10, ...repeated(1_001, 0x0a, 0)]),
      1_000,
      false
    ],
    ["a number without end", verify, repeated(30, 0xff), 1_000, false],
    ["nothing", verify, new Uint8Array(0), 0, true]
  ]
  it.each(rows)("%s", (_, shape, octets, most, isTaken) => {
    assert.strictEqual(new FieldCount(shape, most).feed(octets), isTaken, "at once")
    const slowly = new FieldCount(shape, most)
    assert.strictEqual(octets.every((octet) => slowly.feed(Uint8Array.of(octet))), isTaken, "octet by octet")
  })

  it.effect.prop(
    "never throws, and says the same in whichever parts octets come",
    [Schema.Uint8Array, Schema.Int],
    ([octets, cut]) =>
      Effect.sync(() => {
        const at = Math.abs(cut) % (octets.length + 1)
        const parts = new FieldCount(verify, 5)
        const inParts = parts.feed(octets.subarray(0, at)) && parts.feed(octets.subarray(at))
        assert.strictEqual(inParts, new FieldCount(verify, 5).feed(octets))
      })
  )
})
