/**
 * Copies that share no memory with their source. In V8 a substring keeps the whole string alive, and a small buffer
 * keeps the slab that it is a view of. A cached value must not keep other memory alive (POSH-CAC-05).
 */

/** Minimum length of a string that V8 shares (`SlicedString::kMinLength`, `ConsString::kMinLength`). */
export const leastSharedText = 13

/** Maximum size of an array that V8 keeps inside the heap, octets (`typed_array_max_size_in_heap`). */
export const mostInlineOctets = 64

/** A copy of the text that shares no memory. Where there is no `Buffer`, as in a web page, the text itself: nothing is cached. */
export const ownText = (text: string): string => {
  if (text.length < leastSharedText || typeof Buffer === "undefined") return text
  // UTF-8 cannot encode lone surrogates.
  const encoding = text.isWellFormed() ? "utf8" : "utf16le"
  return Buffer.from(text, encoding).toString(encoding)
}

/** The octets, copied if they share memory. */
export const ownOctets = (octets: Uint8Array): Uint8Array =>
  // Reading `buffer` would move a short array out of the heap, which takes more memory than its octets.
  octets.length > mostInlineOctets && octets.buffer.byteLength === octets.length ? octets : new Uint8Array(octets)
