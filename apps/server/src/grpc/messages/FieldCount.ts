/**
 * Counts the fields of a message before it is decoded, octet by octet as they arrive: a message of 32 MiB may have 16 million fields of
 * two octets each, of which the library makes objects that take gigabytes and seconds.
 */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf"
import { WireType } from "@bufbuild/protobuf/wire"

/** The known fields of a message, by number. */
export type Shape = ReadonlyMap<number, Field>

interface Field {
  /** How it is written. The library does not look: it would read what is written otherwise as if it were not. */
  readonly wireType: WireType
  /** Of a field that is a message itself. */
  readonly shape: Shape | undefined
}

/** Of a message that contains itself nowhere, as all requests. */
export const shapeOf = ({ fields }: DescMessage): Shape =>
  new Map(
    fields.map((field) =>
      [field.number, {
        wireType: wireTypeOf(field),
        shape: field.message === undefined ? undefined : shapeOf(field.message)
      }] as const
    )
  )

const wireTypeOf = ({ message, scalar }: DescField): WireType =>
  message !== undefined ? WireType.LengthDelimited : wireTypes.get(scalar) ?? WireType.Varint

/** Those that are no varints. */
const wireTypes: ReadonlyMap<ScalarType | undefined, WireType> = new Map([
  [ScalarType.STRING, WireType.LengthDelimited],
  [ScalarType.BYTES, WireType.LengthDelimited],
  [ScalarType.DOUBLE, WireType.Bit64],
  [ScalarType.FIXED64, WireType.Bit64],
  [ScalarType.SFIXED64, WireType.Bit64],
  [ScalarType.FLOAT, WireType.Bit32],
  [ScalarType.FIXED32, WireType.Bit32],
  [ScalarType.SFIXED32, WireType.Bit32]
])

/** What comes next. */
type State = "tag" | "varint" | "length"

export class FieldCount {
  readonly #most: number
  /** The message that is read, below those that it is in, each with the place of its end. */
  readonly #inside: Array<{ readonly shape: Shape; readonly end: number }> = []
  #shape: Shape
  #end = Number.POSITIVE_INFINITY
  #at = 0
  #fields = 0
  #state: State = "tag"
  #value = 0
  #scale = 1
  #nested: Shape | undefined = undefined
  /** Octets to pass over. */
  #left = 0

  /** `most`: fields, also of messages inside. */
  constructor(shape: Shape, most: number) {
    this.#shape = shape
    this.#most = most
  }

  /** Returns false if there are too many, or what no request has. NOT CHECKED: whether it is a message. */
  feed(octets: Uint8Array): boolean {
    for (let index = 0; index < octets.length;) {
      if (this.#left > 0) {
        const some = Math.min(this.#left, octets.length - index)
        this.#left -= some
        this.#at += some
        index += some
        continue
      }
      this.#leave()
      const octet = octets[index] ?? 0
      index += 1
      this.#at += 1
      if (this.#scale <= 128 ** 4) this.#value += (octet & 0x7f) * this.#scale // more is cut off, as where it is decoded
      this.#scale *= 128
      if (octet >= 0x80) {
        if (this.#scale > longestVarint) return false
        continue
      }
      if (!this.#take()) return false
    }
    return true
  }

  #leave(): void {
    while (this.#at >= this.#end) {
      const outer = this.#inside.pop()
      if (outer === undefined) return
      this.#shape = outer.shape
      this.#end = outer.end
    }
  }

  /** A number is complete. */
  #take(): boolean {
    const value = this.#value % 2 ** 32
    this.#value = 0
    this.#scale = 1
    if (this.#state === "tag") return this.#begin(value)
    if (this.#state === "length") {
      if (this.#nested === undefined) this.#left = value
      else {
        this.#inside.push({ shape: this.#shape, end: this.#end })
        this.#shape = this.#nested
        this.#end = this.#at + value
      }
    }
    this.#state = "tag"
    return true
  }

  #begin(tag: number): boolean {
    this.#fields += 1
    if (this.#fields > this.#most || this.#inside.length > deepest) return false
    const wireType = tag % 8
    const field = this.#shape.get(Math.floor(tag / 8))
    if (field !== undefined && field.wireType !== wireType) return false
    this.#nested = field?.shape
    this.#state = states.get(wireType) ?? "tag"
    this.#left = fixed.get(wireType) ?? 0
    return states.has(wireType) || fixed.has(wireType) // no groups, which no request has
  }
}

const states: ReadonlyMap<number, State> = new Map([[WireType.Varint, "varint"], [WireType.LengthDelimited, "length"]])

/** Octets. */
const fixed: ReadonlyMap<number, number> = new Map([[WireType.Bit64, 8], [WireType.Bit32, 4]])

/** Ten groups of seven bits. */
const longestVarint = 128 ** 10

/** Messages inside of each other; requests have four. */
const deepest = 8
