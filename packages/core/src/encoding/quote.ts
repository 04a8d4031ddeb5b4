/**
 * Text from strangers, fit for messages and logs (POSH-SEC-14).
 */
import { quotedCharacters } from "../Limits.ts"

/**
 * The text, cut to so many characters, with everything that does not print (controls, line ends, bidirectional marks,
 * lone surrogates) written as escapes.
 */
export const printable = (text: string, characters: number = quotedCharacters): string =>
  cut(text, characters).replace(unprintable, escape)

/** As {@link printable}, and `"` and `\` are escaped too: fit to stand between quotation marks. */
export const quote = (text: string, characters: number = quotedCharacters): string =>
  cut(text, characters).replace(unquotable, escape)

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu
const unquotable = /[\p{C}\p{Zl}\p{Zp}"\\]/gu

const cut = (text: string, characters: number): string =>
  text.length > characters ? `${text.slice(0, characters)}…` : text

const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`
