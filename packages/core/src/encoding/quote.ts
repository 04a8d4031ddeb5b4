/**
 * Text from strangers, fit for messages and logs (POSH-SEC-14).
 */
import { quotedCharacters } from "../Limits.ts"

/**
 * The text, cut to so many characters, with everything that does not print (controls, line ends, bidirectional marks,
 * lone surrogates) and the characters `"` and `\` written as escapes.
 */
export const quote = (text: string, characters: number = quotedCharacters): string =>
  (text.length > characters ? `${text.slice(0, characters)}…` : text).replace(unprintable, escape)

const unprintable = /[\p{C}\p{Zl}\p{Zp}"\\]/gu

const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`
