/**
 * Validates DER before any parser runs. Certificate libraries also accept BER, trailing octets and unlimited nesting.
 */

/** Real certificates have about 10 levels and 100 elements. */
const limits = { depth: 32, elements: 512 }

/**
 * Is this exactly one well-formed DER value?
 *
 * **Details**
 *
 * Walks the value once, without recursion, up to `elements` elements. Checks definite minimal lengths, that children
 * fill their parent, the encodings of universal types (X.690 §8, §10–11), and that nothing follows. Refuses identifiers
 * of more than one octet, which no certificate has.
 *
 * **Gotchas**
 *
 * NOT CHECKED: the contents of OCTET STRING, BIT STRING and primitive context-specific values; the characters of
 * strings, the order of SET OF, and values that equal their DEFAULT, which certificates in use get wrong.
 */
export const isDer = (octets: Uint8Array, elements: number = limits.elements): boolean => {
  const ends: Array<number> = [] // of the open elements
  let at = 0
  let seen = 0
  do {
    const header = readHeader(octets, at, ends.at(-1) ?? octets.length)
    seen += 1
    if (header === undefined || seen > elements || ends.length === limits.depth) return false
    if ((header.tag & constructed) !== 0) {
      if (isUniversal(header.tag) && header.tag !== sequence && header.tag !== set) return false
      ends.push(header.end)
      at = header.start
    } else {
      if (!isPrimitive(octets, header)) return false
      at = header.end
    }
    while (ends.at(-1) === at) ends.pop()
  } while (ends.length > 0)
  return at === octets.length
}

const constructed = 0x20
const sequence = 0x30
const set = 0x31

const isUniversal = (tag: number): boolean => (tag & 0xc0) === 0

/** Where a value is: its identifier at `at`, its content from `start` to `end`. */
export interface Header {
  readonly tag: number
  readonly at: number
  readonly start: number
  readonly end: number
}

/** Reads the header of the value at `at`, which ends before `limit` (X.690 §8.1.2, §8.1.3, §10.1). */
export const readHeader = (octets: Uint8Array, at: number, limit: number): Header | undefined => {
  const tag = octets[at]
  const first = octets[at + 1]
  if (at + 2 > limit || tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return at + 2 + first <= limit ? { tag, at, start: at + 2, end: at + 2 + first } : undefined

  const start = at + 2 + (first & 0x7f)
  if (first === 0x80 || first > 0x84 || start > limit || octets[at + 2] === 0) return undefined
  let length = 0 // a loop, not a view: a certificate of 32 KiB has up to 16,000 values
  for (let index = at + 2; index < start; index += 1) length = length * 256 + (octets[index] ?? 0)
  return length >= 0x80 && start + length <= limit ? { tag, at, start, end: start + length } : undefined
}

// Checks octets in place: a view for each value would be more expensive than the check.
const isPrimitive = (octets: Uint8Array, { end, start, tag }: Header): boolean => {
  const length = end - start
  switch (tag) {
    case 0x00: // end of contents, of indefinite lengths
    case 0x10: // SEQUENCE and SET are constructed
    case 0x11:
      return false
    case 0x01:
      return length === 1 && (octets[start] === 0 || octets[start] === 0xff)
    case 0x02: // INTEGER
    case 0x0a: // ENUMERATED
      return isInteger(octets, start, length)
    case 0x03:
      return isBitString(octets, start, length)
    case 0x05:
      return length === 0
    case 0x06:
      return isOid(octets, start, end)
    default:
      return true
  }
}

// X.690 §8.3.2: the first nine bits are not all equal.
const isInteger = (octets: Uint8Array, start: number, length: number): boolean => {
  const first = octets[start]
  const second = octets[start + 1] ?? 0
  if (length < 2) return length === 1
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80)
}

// X.690 §8.6.2, §11.2.1: the first octet counts the unused bits of the last octet, which are zero.
const isBitString = (octets: Uint8Array, start: number, length: number): boolean => {
  const unused = octets[start] ?? 8
  if (length === 0 || unused > 7 || (unused > 0 && length === 1)) return false
  return length === 1 || ((octets[start + length - 1] ?? 0) & ((1 << unused) - 1)) === 0
}

// X.690 §8.19.2: no arc starts with 0x80, and the last one is complete.
const isOid = (octets: Uint8Array, start: number, end: number): boolean => {
  if (start === end || (octets[end - 1] ?? 0x80) >= 0x80) return false
  for (let index = start; index < end; index += 1) {
    if (octets[index] === 0x80 && (index === start || (octets[index - 1] ?? 0) < 0x80)) return false
  }
  return true
}
