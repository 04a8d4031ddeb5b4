/**
 * What a URI reference may look like before a URL parser sees it (RFC 3986 §2): such parsers repair, and what they
 * repair is refused here (requirements §8.1).
 */

/** Only characters of a URI, or letters beyond ASCII, which the host's check maps or refuses; whole percent-encodings. */
export const isUriText = (text: string): boolean =>
  characters.test(text) && text.isWellFormed() && !/%(?![0-9a-f]{2})/i.test(text)

/** `https:x` and `https:/x` are relative or broken, and WHATWG parsing makes hosts of them. */
export const hasAuthority = (absolute: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(absolute)

/** The scheme in lower case; absent where the reference is relative. */
export const schemeOf = (text: string): string | undefined => /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()

const characters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%\u00a1-\u{10ffff}]+$/u
