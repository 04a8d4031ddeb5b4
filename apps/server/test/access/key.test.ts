import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { hash } from "node:crypto"
import { formatKey, isKeyText, joinKeys, keyLimits, makeKey, parseKeys, parseKeysFile } from "../../src/access/Key.ts"
import { makeKeyRing } from "../../src/access/KeyRing.ts"

const [a, b] = ["a", "b"].map((letter) => letter.repeat(64)) as [string, string]
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `k${index}:verify:${hash("sha256", String(index))}`).join("\n")

describe("a key file", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, names: ReadonlyArray<string> | RegExp]> = [
    ["nothing", "", []],
    ["comments and empty lines", `# ours\n\n  # theirs\r\n`, []],
    ["entries", `a:admin:${a}\r\n  b.c-d_e:verify:${b}  `, ["a", "b.c-d_e"]],
    ["64 characters of name", `${"n".repeat(64)}:verify:${a}`, ["n".repeat(64)]],
    ["65 characters of name", `${"n".repeat(65)}:verify:${a}`, /^line 1: the name must be 1 to 64/],
    ["no name", `\n:verify:${a}`, /^line 2: the name must/],
    ["a name with a space", `a b:verify:${a}`, /^line 1: the name must/],
    ["an unknown scope", `a:root:${a}`, /^line 1: the scope must be one of verify, admin$/],
    ["no scope", `a:${a}`, /^line 1: must be name:scope:sha256/],
    ["a part too many", `a:verify:${a}:x`, /^line 1: must be name:scope:sha256/],
    ["a short hash", `a:verify:${a.slice(1)}`, /^line 1: the last part must be the SHA-256/],
    ["a comment behind an entry", `a:verify:${a} # ours`, /^line 1: the last part must be the SHA-256/],
    ["a name twice", `a:verify:${a}\na:admin:${b}`, /^the name a is there twice$/],
    ["a key twice", `a:verify:${a}\nb:admin:${a.toUpperCase()}`, /^a and b have the same key$/],
    ["a thousand", many(1_000), Array.from({ length: 1_000 }, (_, index) => `k${index}`)],
    ["one more", many(1_001), /^there are more than 1000 keys$/]
  ]
  it.each(rows)("%s", (_, text, expected) => {
    const result = parseKeysFile(text)
    if (expected instanceof RegExp) return assert.match(Result.isFailure(result) ? result.failure : "", expected)
    assert.deepStrictEqual(Result.getOrThrow(result).map(({ name }) => name), expected)
  })

  it("a fault never quotes a key in place of its hash", () => {
    const { secret } = makeKey("a", "verify")
    for (
      const text of [`a:verify:${Redacted.value(secret)}`, Redacted.value(secret), `${Redacted.value(secret)}:a:b`]
    ) {
      for (const result of [parseKeysFile(text), parseKeys(text)]) {
        assert.isTrue(Result.isFailure(result))
        assert.notInclude(JSON.stringify(result), "posh_")
      }
    }
  })

  it("variable and file must not conflict", () => {
    const [one, other] = [parseKeys(`a:verify:${a}`), parseKeys(`a:verify:${b}`)].map(Result.getOrThrow)
    assert.deepStrictEqual(joinKeys(one ?? [], other ?? []), Result.fail("the name a is there twice"))
  })
})

describe("a new key", () => {
  it("has 32 random octets, and its entry can be parsed", () => {
    const { entry, secret } = makeKey("ops", "admin")
    const text = Redacted.value(secret)
    assert.match(text, /^posh_[A-Za-z0-9_-]{43}$/)
    assert.strictEqual(Buffer.from(text.slice(5), "base64url").length, 32)
    assert.strictEqual(entry.sha256, hash("sha256", text))
    assert.deepStrictEqual(parseKeysFile(formatKey(entry)), Result.succeed([entry]))
    assert.notStrictEqual(Redacted.value(makeKey("ops", "admin").secret), text)
    assert.notInclude(`${JSON.stringify(secret)} ${String(secret)}`, text)
  })
})

describe("the key ring", () => {
  const made = ["verify", "admin", "verify"].map((scope, index) => makeKey(`k${index}`, scope as "verify"))
  const find = makeKeyRing(made.map(({ entry }) => entry))
  const texts = made.map(({ secret }) => Redacted.value(secret))

  it("finds the caller of every key", () =>
    assert.deepStrictEqual(texts.map(find), [
      { name: "k0", account: "key k0", scope: "verify" },
      { name: "k1", account: "key k1", scope: "admin" },
      { name: "k2", account: "key k2", scope: "verify" }
    ]))

  it("finds no caller for a key that differs in one character", () => {
    const [text = ""] = texts
    for (const index of text.split("").keys()) {
      const other = `${text.slice(0, index)}${text[index] === "A" ? "B" : "A"}${text.slice(index + 1)}`
      assert.isUndefined(find(other), other)
    }
  })

  it.each([
    ["nothing", ""],
    ["a hash", made[0]?.entry.sha256 ?? ""],
    ["a suffix", `${texts[0]}x`],
    ["a trailing line feed", `${texts[0]}\n`],
    ["a leading space", ` ${texts[0]}`],
    ["padding", `${texts[0]}=`],
    ["upper case", (texts[0] ?? "").toUpperCase()],
    ["16 KiB", `posh_${"a".repeat(16_000)}`]
  ])("finds no caller for %s", (_, text) => assert.isUndefined(find(text)))

  it("is empty without keys", () => assert.isUndefined(makeKeyRing([])(texts[0] ?? "")))

  it("accepts the form of generated keys", () => assert.isTrue(texts.every(isKeyText)))

  // An entry is `name:scope:sha256`, for any key.
  const own: ReadonlyArray<readonly [name: string, key: string, opens: boolean]> = [
    ["words of an operator", "s3cr3t-of-the-operator-0123456789abcdef", true],
    ["16 characters", "0123456789abcdef", true],
    ["256 characters", "k".repeat(256), true],
    ["all of visible ASCII", Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join(""), true],
    ["15 characters", "0123456789abcde", false],
    ["257 characters", "k".repeat(257), false],
    ["a space", "a key with words in it", false],
    ["a control character", "0123456789abcdef\u007f", false],
    ["not ASCII", "schl\u00fcssel-des-betreibers", false]
  ]
  it.each(own)("with a key of the operator: %s", (_, key, opens) => {
    const entry = Result.getOrThrow(parseKeys(`own:admin:${hash("sha256", Buffer.from(key, "latin1"))}`))
    assert.strictEqual(makeKeyRing(entry)(key)?.name, opens ? "own" : undefined)
  })

  it("holds as many keys as are allowed", () => {
    const keys = Result.getOrThrow(parseKeysFile(many(keyLimits.keys)))
    assert.isUndefined(makeKeyRing(keys)(texts[0] ?? ""))
  })
})
