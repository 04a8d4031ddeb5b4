/**
 * How much there is in JSON text, before it is parsed: parsing a hundred thousand brackets or members takes a hundred
 * times as long as a certificate of that length, and as much more memory.
 */

/** The largest batch has about 50,000 strings and separators, and five levels. */
const most = { levels: 32, tokens: 250_000 } as const

const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])
const comma = 0x2c

/** Is there more structure than any question has? Whether it is JSON at all is not looked at. */
export const isOverstructured = (octets: Buffer): boolean => {
  let levels = 0
  let tokens = 0
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0
    if (octet === quote) {
      at = endOfString(octets, at)
      tokens += 1
    } else if (octet === comma) tokens += 1
    else if (opening.has(octet)) levels += 1
    else if (closing.has(octet)) levels -= 1
    if (levels > most.levels || tokens > most.tokens) return true
  }
  return false
}

/** Where the string ends that begins there. Most of a question is strings, and most of a string is skipped over. */
const endOfString = (octets: Buffer, start: number): number => {
  let end = start
  do {
    end = octets.indexOf(quote, end + 1)
    if (end < 0) return octets.length
  } while (isEscaped(octets, end))
  return end
}

const isEscaped = (octets: Buffer, at: number): boolean => {
  let before = at - 1
  while (octets[before] === backslash) before -= 1
  return (at - before) % 2 === 0
}
