/**
 * Members that occur twice in JSON text. `JSON.parse` takes the last one, other readers the first: a proxy would see
 * another question than the one that is answered (RFC 8259 §4; POSH-FMT-03 holds documents to the same).
 */
import { Predicate } from "effect"
import { closing, comma, endOfString, opening, quote } from "./structure.ts"

/** Members of all objects in a value. Fewer than its text has (`structureOf`): one occurs twice. */
export const membersOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + membersOf(element), 0)
  if (!Predicate.isObject(value)) return 0
  const members = Object.values(value)
  return members.reduce<number>((sum, member) => sum + membersOf(member), members.length)
}

/** Names and indices that lead to something in a JSON value. */
export type Path = ReadonlyArray<string | number>

/** The first member that occurs twice, in text that is known to be JSON. */
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
  /** Those of an object so far; an array has none. */
  readonly names?: Set<string>
  awaitsName: boolean
  /** Where in the container. */
  at: string | number
}
