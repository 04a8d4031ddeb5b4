/**
 * Checks a URI reference before the URL parser (RFC 3986 §2): the WHATWG parser repairs invalid input, and invalid
 * input is refused here (requirements §8.1).
 */

/**
 * True if the text has only characters of a URI, and complete percent-encodings.
 *
 * **Details**
 *
 * A URI is ASCII (RFC 3986 §2). Octets beyond ASCII in a header field have no charset (RFC 9110 §5.5): depending on the
 * charset, the same octets name different hosts. A document is Unicode, but its `url` is a URI as well (POSH-FMT-60),
 * used unchanged (POSH-FMT-62), not an IRI (RFC 3987) that needs a mapping.
 */
export const isUriText = (text: string): boolean => characters.test(text) && !/%(?![0-9a-f]{2})/i.test(text)

/** Detail for text that is not: names the likely mistakes. */
export const notUriText = "the value holds characters that no URI has (A-labels, percent-encoding?)"

/** `https:x` and `https:/x` are relative or malformed, but the WHATWG parser takes `x` for the host. */
export const hasAuthority = (absolute: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(absolute)

/** The scheme in lower case; `undefined` if the reference is relative. */
export const schemeOf = (text: string): string | undefined => /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()

const characters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/
