/**
 * The constructor of memory entries: a packed association, or a deep copy of a negative entry, that shares no memory with
 * its source, and the bytes that it takes.
 *
 * **Details**
 *
 * All cached values pass through here, because they may hold other memory: a string can be a slice of a document of 256
 * KiB, and an error that passed through a fiber can reference it.
 */
import type { Association } from "../../association/Association.ts"
import { ResolveError } from "../../association/ResolveError.ts"
import { failures } from "../../codes.ts"
import { leastSharedText, ownOctets, ownText } from "../../encoding/own.ts"
import { lintSummaries } from "../../Lint.ts"
import type { NegativeEntry } from "./AssociationStore.ts"
import { PackedAssociation } from "./PackedAssociation.ts"
import { octetsBytes, sizes, textBytes } from "./sizes.ts"

/** One cached value with its key. */
export interface MemoryEntry<A> {
  readonly keyText: string
  readonly value: A
  /** Of the value, the key and the slot in the table. */
  readonly bytes: number
}

export const associationEntry = (keyText: string, association: Association): MemoryEntry<Association> => {
  const value = new PackedAssociation(association)
  return {
    keyText: ownText(keyText),
    value,
    bytes: Math.max(leastBytes, sizes.place + textBytes(keyText) + value.bytes)
  }
}

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
      this.bytes += octetsBytes(octets)
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
