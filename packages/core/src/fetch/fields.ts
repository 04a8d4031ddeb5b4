/**
 * Values of header fields are octets, of which those beyond ASCII mean nothing (RFC 9110 §5.5). They come as text of one
 * character an octet, and JavaScript knows more kinds of white space and of letters than HTTP does.
 */

/** Without the optional white space around it: SP and HTAB, and no other (RFC 9110 §5.6.3). */
export const withoutWhitespace = (value: string): string => {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value.charCodeAt(start))) start += 1
  while (start < end && isBlank(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

/** A token in lower case, where tokens are compared without regard to case; `undefined` for what is none (§5.6.2). */
export const toToken = (value: string): string | undefined => token.test(value) ? value.toLowerCase() : undefined

/** `type/subtype` in lower case, without parameters; `undefined` for what is none (§8.3.1). */
export const toMediaType = (value: string): string | undefined => {
  const [type = "", subtype = "", ...more] = withoutWhitespace(value.split(";", 1)[0] ?? "").split("/")
  return more.length === 0 && token.test(type) && token.test(subtype) ? `${type}/${subtype}`.toLowerCase() : undefined
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
