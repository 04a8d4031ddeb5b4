/**
 * Finds duplicate members in JSON text. `JSON.parse` takes the last one, other parsers the first: a proxy could see another
 * question than the one that is answered (RFC 8259 §4; POSH-FMT-03 for documents).
 */
import { Predicate } from "effect"
import { closing, comma, endOfString, opening, quote } from "../../service/limits/structure.ts"

/** Counts the members of all objects in a value. If its text has more (`structureOf`), one is duplicate. */
export const membersOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + membersOf(element), 0)
  if (!Predicate.isObject(value)) return 0
  const members = Object.values(value)
  return members.reduce<number>((sum, member) => sum + membersOf(member), members.length)
}

/** Names and indices from the root of a JSON value. */
export type Path = ReadonlyArray<string | number>

/** The path of the first duplicate member. The text must be valid JSON. */
export const duplicateIn = (octets: Buffer): Path | undefined => {
  const open: Array<Container> = []
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    const inner = open.at(-1)
    if (octet === quote) {
      const end = endOfString(octets, at)
      if (inner?.names !== undefined && inner.awaitsName) {
        const name = String(JSON.parse(octets.toString("utf8", at, end + 1)))
        inner.at = name
        inner.awaitsName = false
        if (inner.names.has(name)) return open.map((container) => container.at)
        inner.names.add(name)
      }
      at = end
    } else if (opening.has(octet)) {
      open.push(octet === brace ? { names: new Set(), awaitsName: true, at: "" } : { awaitsName: false, at: 0 })
    } else if (closing.has(octet)) open.pop()
    else if (octet === comma && inner !== undefined) {
      if (inner.names !== undefined) inner.awaitsName = true
      else inner.at = Number(inner.at) + 1
    }
  }
  return undefined
}

const brace = 0x7b

interface Container {
  /** Names in an object so far; absent for an array. */
  readonly names?: Set<string>
  awaitsName: boolean
  /** The current name or index. */
  at: string | number
}
