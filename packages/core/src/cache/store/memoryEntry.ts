/**
 * The constructor of memory entries: a deep copy of plain data that shares no memory with its source, and the bytes that
 * the copy takes.
 *
 * **Details**
 *
 * All cached values pass through here, because they may hold other memory: a string can be a slice of a document of 256
 * KiB, and an error that passed through a fiber can reference it.
 *
 * Bytes are those of 64-bit V8, estimated conservatively: up to half of them may be slack.
 */
import type { Association } from "../../association/Association.ts"
import { ResolveError } from "../../association/ResolveError.ts"
import { failures } from "../../codes.ts"
import { leastSharedText, mostInlineOctets, ownOctets, ownText } from "../../encoding/own.ts"
import { lintSummaries } from "../../Lint.ts"
import type { NegativeEntry } from "./AssociationStore.ts"

/** One cached value with its key. */
export interface MemoryEntry<A> {
  readonly keyText: string
  readonly value: A
  /** Of the value, the key and the slot in the table. */
  readonly bytes: number
}

export const associationEntry = (keyText: string, association: Association): MemoryEntry<Association> =>
  makeEntry(keyText, association)

export const negativeEntry = (keyText: string, { error, ...rest }: NegativeEntry): MemoryEntry<NegativeEntry> => {
  const { _tag, ...fields } = error
  const { value, ...entry } = makeEntry(keyText, { ...rest, error: fields })
  return { ...entry, value: { ...value, error: new ResolveError(value.error) } }
}

/** Minimum size of an entry. */
export const leastBytes = 768

const makeEntry = <A extends object>(keyText: string, value: A): MemoryEntry<A> => {
  const copier = new Copier()
  copier.bytes += sizes.place
  const entry = { keyText: copier.copyText(keyText), value: copier.copyObject(value) }
  return { ...entry, bytes: Math.max(leastBytes, copier.bytes) }
}

const textBytes = (text: string): number => sizes.text + (latin1.test(text) ? 1 : 2) * text.length

const latin1 = /^[\u0000-\u00ff]*$/

/** Constants of ours, which many entries share. */
const words = new Map(
  [...Object.keys(lintSummaries), ...Object.values(lintSummaries), ...Object.keys(failures)].map((word) => [word, word])
)

class Copier {
  bytes = 0
  readonly #texts = new Map<string, string>()

  copy<A>(value: A): A {
    if (typeof value === "string") return this.copyText(value) as A & string
    if (typeof value === "object" && value !== null) return this.copyObject(value)
    this.bytes += typeof value === "number" ? sizes.number : 0
    return value
  }

  copyText(text: string): string {
    if (text.length < leastSharedText) {
      this.bytes += textBytes(text)
      return text
    }
    const known = words.get(text) ?? this.#texts.get(text)
    if (known !== undefined) return known
    const own = ownText(text)
    this.#texts.set(own, own)
    this.bytes += textBytes(own)
    return own
  }

  copyObject<A extends object>(value: A): A {
    if (value instanceof Uint8Array) {
      const octets = ownOctets(value)
      this.bytes += octets.length + (octets.length > mostInlineOctets ? sizes.octets : sizes.inlineOctets)
      return octets as A & Uint8Array
    }
    if (Array.isArray(value)) {
      this.bytes += sizes.array + sizes.element * value.length
      return value.map((element) => this.copy(element)) as A & Array<unknown>
    }
    const copy = { ...value }
    const names = Object.keys(copy) as Array<keyof A>
    this.bytes += sizes.object + sizes.member * names.length
    for (const name of names) copy[name] = this.copy(copy[name])
    return copy
  }
}

/** Bytes of object headers, and of each part. `place` is the slot in the table of the cache. */
const sizes = {
  place: 192,
  object: 24,
  member: 16,
  array: 64,
  element: 8,
  number: 16,
  text: 24,
  octets: 384,
  inlineOctets: 144
} as const
