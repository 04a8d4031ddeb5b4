/**
 * What a URI reference may look like before a URL parser sees it (RFC 3986 §2): such parsers repair, and what they
 * repair is refused here (requirements §8.1).
 */

/**
 * Only characters of a URI, and whole percent-encodings.
 *
 * **Details**
 *
 * A URI is ASCII (RFC 3986 §2). Octets beyond it in a header field have no charset (RFC 9110 §5.5): whichever is guessed,
 * the same octets can name two hosts. A document is Unicode, so a letter there is what it is; but `url` is a URI as well
 * (POSH-FMT-60), used as it stands (POSH-FMT-62), and no IRI (RFC 3987) that somebody would have to map.
 */
export const isUriText = (text: string): boolean => characters.test(text) && !/%(?![0-9a-f]{2})/i.test(text)

/** Of what is not: what its author may have forgotten. */
export const notUriText = "the value holds characters that no URI has (A-labels, percent-encoding?)"

/** `https:x` and `https:/x` are relative or broken, and WHATWG parsing makes hosts of them. */
export const hasAuthority = (absolute: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(absolute)

/** The scheme in lower case; absent where the reference is relative. */
export const schemeOf = (text: string): string | undefined => /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()

const characters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/
