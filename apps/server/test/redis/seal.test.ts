import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { makeSeal } from "../../src/redis/seal.ts"

const secretOf = (...secrets: ReadonlyArray<string>) => makeSeal(Redacted.make(secrets))
const [old, current, stranger] = ["old", "new", "bad"].map((name) => name.padEnd(32, "*")) as [string, string, string]
const key = "posh:v1:association:{orchard.example}:xmpp-server:rfc7711"
const text = "{\"v\":1,\"ü\":\"…\"}"
const plain = makeSeal(undefined)
const sealed = secretOf(current).seal(key, text)
const flip = (at: number) => Buffer.from(sealed.map((octet, index) => index === at ? octet ^ 1 : octet))

describe("CAC-05: what opens", () => {
  const rows: ReadonlyArray<readonly [string, string | undefined, string | undefined]> = [
    ["sealed and opened", secretOf(current).open(key, sealed), text],
    ["after a rotation: the new secret first, the old one opens", secretOf(stranger, current).open(key, sealed), text],
    ["the first secret seals", secretOf(current).open(key, secretOf(current, old).seal(key, text)), text],
    ["the second does not seal", secretOf(old).open(key, secretOf(current, old).seal(key, text)), undefined],
    ["an empty text", secretOf(current).open(key, secretOf(current).seal(key, "")), ""],
    ["sealed by a stranger", secretOf(current).open(key, secretOf(stranger).seal(key, text)), undefined],
    ["put under another key", secretOf(current).open(`${key}x`, sealed), undefined],
    ["put under the absence's key", secretOf(current).open(key.replace("association", "absence"), sealed), undefined],
    ["plain text with a secret", secretOf(current).open(key, plain.seal(key, text)), undefined],
    ["sealed text without a secret", plain.open(key, sealed), undefined],
    ["plain text without a secret", plain.open(key, plain.seal(key, text)), text],
    ["something appended", secretOf(current).open(key, Buffer.concat([sealed, Buffer.of(0)])), undefined],
    ["nothing", secretOf(current).open(key, Buffer.alloc(0)), undefined]
  ]
  it.each(rows)("%s", (_, opened, expected) => assert.strictEqual(opened, expected))

  it("not one octet changed", () => {
    for (const at of sealed.keys()) assert.isUndefined(secretOf(current, old).open(key, flip(at)), `octet ${at}`)
  })

  it("not one octet missing, at either end", () => {
    for (const at of sealed.keys()) {
      assert.isUndefined(secretOf(current).open(key, sealed.subarray(0, at)))
      if (at > 0) assert.isUndefined(secretOf(current).open(key, sealed.subarray(at)))
    }
  })

  it.prop("any text under any key", [Schema.String, Schema.String], ([name, value]) => {
    const seal = secretOf(current)
    assert.strictEqual(seal.open(name, seal.seal(name, value)), Buffer.from(value).toString())
  })

  it("the same text is never sealed alike, and shows nothing", () => {
    assert.notDeepEqual(secretOf(current).seal(key, text), sealed)
    assert.isFalse(sealed.includes("\"v\""))
  })
})
