/**
 * Values of header fields are octets, and those beyond ASCII are opaque (RFC 9110 §5.5). They arrive as text with one
 * character per octet (latin1). JavaScript has more kinds of white space and letters than HTTP, so `trim` and `\w` are
 * not used.
 */

/** Without optional white space around it: only SP and HTAB (RFC 9110 §5.6.3). */
export const withoutWhitespace = (value: string): string => {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start += 1
  while (start < end && isBlank(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

/** A case-insensitive token in lower case; `undefined` if the value is not a token (§5.6.2). */
export const toToken = (value: string): string | undefined => token.test(value) ? value.toLowerCase() : undefined

/** `type/subtype` in lower case, without parameters; `undefined` if the value is not a media type (§8.3.1). */
export const toMediaType = (value: string): string | undefined => {
  const [type = "", subtype = "", ...more] = withoutWhitespace(value.split(";", 1)[0] ?? "").split("/")
  return more.length === 0 && token.test(type) && token.test(subtype) ? `${type}/${subtype}`.toLowerCase() : undefined
}

/** The members of a list, without empty ones; a comma within a quoted string separates nothing (§5.6.1, §5.6.4). */
export const listMembers = (value: string): ReadonlyArray<string> =>
  (value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []).map(withoutWhitespace).filter((member) => member !== "")

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
