/**
 * A strict JSON parser (RFC 8259) over octets, in one pass. Unlike `JSON.parse` it reports duplicate members
 * (POSH-FMT-03) and keeps numbers as written (POSH-FMT-47).
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { documentLimits } from "../Limits.ts"
import { quote } from "./quote.ts"

export type Json = null | boolean | string | JsonNumber | ReadonlyArray<Json> | JsonObject

/** A number as written; a JavaScript number would lose digits. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object: a `Map`, so names such as `__proto__` have no effect (POSH-FMT-07). */
export class JsonObject extends Map<string, Json> {
  /** The first duplicate name. The reader of the object decides whether it is an error. */
  duplicate: string | undefined
}

export interface JsonDocument {
  readonly value: Json
  /** True if the text began with U+FEFF (POSH-FMT-01). */
  readonly byteOrderMark: boolean
}

export interface JsonFault {
  readonly code: "InvalidEncoding" | "InvalidJson" | "LimitExceeded"
  /** The fault and its position; bounded and escaped. */
  readonly detail: string
}

/**
 * Parses one JSON value.
 *
 * **Details**
 *
 * Fails with `InvalidEncoding` if the octets are not UTF-8 (POSH-FMT-01), `InvalidJson` if they are not exactly one
 * value (POSH-FMT-02), and `LimitExceeded` at the 17th nested container (POSH-FMT-08). Runs in linear time.
 */
export const parseJson = (octets: Uint8Array): Result.Result<JsonDocument, JsonFault> => {
  if (!isUtf8(octets)) return Result.fail({ code: "InvalidEncoding", detail: "there is an octet that is not UTF-8" })
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("utf8")
  const byteOrderMark = text.startsWith("\ufeff")
  const parser = new Parser(text, byteOrderMark ? 1 : 0)
  const value = parser.document()
  return value === undefined ? Result.fail(parser.fault) : Result.succeed({ value, byteOrderMark })
}

/** On a fault every method sets `fault` and returns `undefined`, and its caller returns too. */
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

  // Counts nested containers, the outermost as 1; this bounds the call stack.
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

  // Copies runs without escapes as a whole. Lone surrogates are legal (RFC 8259 §8.2) and are kept.
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
