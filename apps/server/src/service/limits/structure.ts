/**
 * Limits the structure of JSON text before it is parsed: a hundred thousand brackets or members take a hundred times the
 * CPU time and memory of a string of that length.
 */
import { bodyLimits } from "@posh/api"

/** The largest batch has about 50,000 strings and separators, and five levels. */
export const structureLimits = { levels: 32, tokens: 250_000 } as const

export const quote = 0x22
const backslash = 0x5c
export const opening = new Set([0x5b, 0x7b])
export const closing = new Set([0x5d, 0x7d])
export const comma = 0x2c
export const colon = 0x3a

export interface Structure {
  /** A limit is exceeded; the rest was not scanned. */
  readonly isOver: boolean
  /** Members of all objects, including duplicates. */
  readonly members: number
}

/** Counts. NOT CHECKED: whether the text is JSON. */
export const structureOf = (octets: Buffer): Structure => {
  let levels = 0
  let tokens = 0
  let members = 0
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    if (octet === quote) {
      at = endOfString(octets, at)
      tokens += 1
    } else if (octet === comma) tokens += 1
    else if (octet === colon) members += 1
    else if (opening.has(octet)) levels += 1
    else if (closing.has(octet)) levels -= 1
    if (levels > structureLimits.levels || tokens > structureLimits.tokens) return { isOver: true, members }
  }
  return { isOver: false, members }
}

/** The end of the string that starts at `start`. Fast, because strings make up most of a question. */
export const endOfString = (octets: Buffer, start: number): number => {
  let end = start
  do {
    end = octets.indexOf(quote, end + 1)
    if (end < 0) return octets.length
  } while (isEscaped(octets, end))
  return end
}

/** True after an odd number of backslashes. Counts at most as many as a body may have octets. */
export const isEscaped = (octets: Buffer, at: number): boolean => {
  const least = at - bodyLimits.single
  let before = at - 1
  while (octets[before] === backslash && before > least) before -= 1
  return (at - before) % 2 === 0
}
