/**
 * Copies that share no memory with what they were made of. In V8 a part of a string keeps the whole string alive, and a
 * small buffer the slab that it was cut from; what is remembered has to be its own (POSH-CAC-05).
 */

/** V8 shares no shorter ones (`SlicedString::kMinLength`, `ConsString::kMinLength`). */
export const leastSharedText = 13

/** V8 keeps arrays of so many octets within the heap (`typed_array_max_size_in_heap`). */
export const mostInlineOctets = 64

/** The same text in memory of its own. */
export const ownText = (text: string): string => {
  if (text.length < leastSharedText) return text
  // UTF-8 has no lone surrogates.
  const encoding = text.isWellFormed() ? "utf8" : "utf16le"
  return Buffer.from(text, encoding).toString(encoding)
}

/** The same octets in memory of their own. */
export const ownOctets = (octets: Uint8Array): Uint8Array =>
  // Asked for its buffer, a short array would move out of the heap, which takes more memory than the octets.
  octets.length > mostInlineOctets && octets.buffer.byteLength === octets.length ? octets : new Uint8Array(octets)
