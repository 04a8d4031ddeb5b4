/**
 * Bounds and escapes untrusted text for messages, logs and the cache (POSH-SEC-14).
 *
 * **Details**
 *
 * The result has at most the given number of characters, escapes included, plus an ellipsis if it was cut. It shares no
 * memory with the document. The functions are idempotent, because text may pass several constructors that bound it.
 */
import { messageCharacters, quotedCharacters } from "../Limits.ts"
import { ownText } from "./own.ts"

/**
 * The text, cut to a number of characters, with unprintable ones (controls, line ends, bidirectional marks, lone
 * surrogates, unassigned code points) escaped.
 */
export const printable = (text: string, characters: number = quotedCharacters): string =>
  bounded(text, characters, unprintable)

/** As {@link printable}, but `"` and `\` are escaped too, for use between quotation marks. */
export const quote = (text: string, characters: number = quotedCharacters): string =>
  bounded(text, characters, unquotable)

/** For constructors of errors: makes the named fields {@link printable}, each up to the length of a message. */
export const withPrintable = <A extends object, K extends keyof A>(
  fields: A & { readonly [P in K]?: string },
  ...names: ReadonlyArray<K>
): A => {
  const texts = names.flatMap((name) => {
    const text = fields[name]
    return text === undefined ? [] : [[name, printable(text, messageCharacters)] as const]
  })
  return { ...fields, ...Object.fromEntries(texts) }
}

/** True if {@link printable} has nothing to escape. */
export const isPrintable = (text: string): boolean => !unprintable.test(text)

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u
const unquotable = /[\p{C}\p{Zl}\p{Zp}"\\]/u

// Reads at most `characters` characters, however long the text is. An escape is never cut.
const bounded = (text: string, characters: number, special: RegExp): string => {
  if (text.length <= characters && !special.test(text)) return ownText(text)
  let fitting = ""
  for (const character of text) {
    const next = special.test(character) ? escape(character) : character
    if (fitting.length + next.length > characters) return ownText(`${fitting}…`)
    fitting += next
  }
  return ownText(fitting)
}

const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`
