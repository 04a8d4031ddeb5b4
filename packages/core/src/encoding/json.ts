/**
 * Octets → JSON value, by RFC 8259 to the letter, in one pass, and with what `JSON.parse` keeps to itself: members that
 * occur twice (POSH-FMT-03) and numbers as written (POSH-FMT-47).
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { documentLimits } from "../Limits.ts"
import { quote } from "./quote.ts"

export type Json = null | boolean | string | JsonNumber | ReadonlyArray<Json> | JsonObject

/** A number as written; JavaScript's own numbers would hide fractions that are too fine for them. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object. A `Map`, so that names such as `__proto__` mean nothing (POSH-FMT-07). */
export class JsonObject extends Map<string, Json> {
  /** The first name that occurs twice. Whether that matters, the reader of the object decides. */
  duplicate: string | undefined
}

export interface JsonDocument {
  readonly value: Json
  /** Was there a U+FEFF in front (POSH-FMT-01)? */
  readonly byteOrderMark: boolean
}

export interface JsonFault {
  readonly code: "InvalidEncoding" | "InvalidJson" | "LimitExceeded"
  /** What is wrong and where; bounded and escaped. */
  readonly detail: string
}

/**
 * Parses one JSON value.
 *
 * **Details**
 *
 * Fails with `InvalidEncoding` where the octets are not UTF-8 (POSH-FMT-01), `InvalidJson` where they are not exactly
 * one value (POSH-FMT-02), and `LimitExceeded` at the 17th container within another (POSH-FMT-08). Time is linear.
 */
export const parseJson = (octets: Uint8Array): Result.Result<JsonDocument, JsonFault> => {
  if (!isUtf8(octets)) return Result.fail({ code: "InvalidEncoding", detail: "there is an octet that is not UTF-8" })
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("utf8")
  const byteOrderMark = text.startsWith("\ufeff")
  const parser = new Parser(text, byteOrderMark ? 1 : 0)
  const value = parser.document()
  return value === undefined ? Result.fail(parser.fault) : Result.succeed({ value, byteOrderMark })
}

/** Every method returns `undefined` once `fault` is known, and the callers pass that on. */
class Parser {
  readonly text: string
  at: number
  depth = 0
  fault: JsonFault = { code: "InvalidJson", detail: "there is no value" }

  constructor(text: string, at: number) {
    this.text = text
    this.at = at
  }

  document(): Json | undefined {
    const value = this.value()
    if (value === undefined) return undefined
    this.space()
    return this.at === this.text.length ? value : this.fail("the end")
  }

  value(): Json | undefined {
    this.space()
    switch (this.text[this.at]) {
      case "{":
        return this.nested(() => this.object())
      case "[":
        return this.nested(() => this.array())
      case "\"":
        return this.string()
      case "t":
        return this.literal("true", true)
      case "f":
        return this.literal("false", false)
      case "n":
        return this.literal("null", null)
      default:
        return this.number()
    }
  }

  // Containers are counted, the outermost being the first; the call stack grows no deeper than that.
  nested(container: () => Json | undefined): Json | undefined {
    if (this.depth === documentLimits.nesting) {
      this.fault = { code: "LimitExceeded", detail: `values are nested more than ${documentLimits.nesting} deep` }
      return undefined
    }
    this.depth += 1
    this.at += 1
    const value = container()
    this.depth -= 1
    return value
  }

  object(): JsonObject | undefined {
    const members = new JsonObject()
    if (this.takes("}")) return members
    do {
      this.space()
      const name = this.text[this.at] === "\"" ? this.string() : this.fail("a member name")
      if (name === undefined) return undefined
      if (!this.takes(":")) return this.fail("a colon")
      const value = this.value()
      if (value === undefined) return undefined
      if (members.has(name)) members.duplicate ??= name
      members.set(name, value)
    } while (this.takes(","))
    return this.takes("}") ? members : this.fail("a comma or }")
  }

  array(): ReadonlyArray<Json> | undefined {
    const elements: Array<Json> = []
    if (this.takes("]")) return elements
    do {
      const value = this.value()
      if (value === undefined) return undefined
      elements.push(value)
    } while (this.takes(","))
    return this.takes("]") ? elements : this.fail("a comma or ]")
  }

  // Runs without escapes are taken whole. Lone surrogates are legal here (RFC 8259 §8.2) and stay what they are.
  string(): string | undefined {
    const { text } = this
    let value = ""
    let start = this.at + 1
    for (let at = start;; at++) {
      const code = text.charCodeAt(at)
      if (code === quotationMark) {
        this.at = at + 1
        return value + text.slice(start, at)
      }
      if (code === backslash) {
        this.at = at
        const escaped = this.escape()
        if (escaped === undefined) return this.fail("an escape sequence")
        value += text.slice(start, at) + escaped
        start = this.at
        at = start - 1
      } else if (!(code >= 0x20)) { // a control character, or NaN at the end of the text
        this.at = at
        return this.fail("a character or the end of the string")
      }
    }
  }

  escape(): string | undefined {
    const kind = this.text[this.at + 1] ?? ""
    if (kind !== "u") {
      this.at += 2
      return escapes.get(kind)
    }
    const digits = this.text.slice(this.at + 2, this.at + 6)
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) return undefined
    this.at += 6
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  number(): JsonNumber | undefined {
    number.lastIndex = this.at
    const [text] = number.exec(this.text) ?? []
    if (text === undefined) return this.fail("a value")
    this.at += text.length
    return new JsonNumber(text)
  }

  literal<A extends Json>(word: string, value: A): A | undefined {
    if (!this.text.startsWith(word, this.at)) return this.fail("a value")
    this.at += word.length
    return value
  }

  takes(character: string): boolean {
    this.space()
    if (this.text[this.at] !== character) return false
    this.at += 1
    return true
  }

  space(): void {
    while (blank.has(this.text.charCodeAt(this.at))) this.at += 1
  }

  fail(expected: string): undefined {
    const found = this.at < this.text.length ? `"${quote(this.text.slice(this.at, this.at + 1))}"` : "the end"
    this.fault = { code: "InvalidJson", detail: `character ${this.at}: expected ${expected}, found ${found}` }
    return undefined
  }
}

const quotationMark = 0x22
const backslash = 0x5c
const blank = new Set([0x20, 0x09, 0x0a, 0x0d])
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const escapes = new Map([
  ["\"", "\""],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"]
])
