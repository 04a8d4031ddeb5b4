/**
 * Text from strangers, fit for messages, logs and memory (POSH-SEC-14).
 *
 * **Details**
 *
 * What comes out has at most so many characters as were asked for, escapes included, and one more where it was cut; it
 * shares no memory with the document that it stood in. Applied again, it stays the same: text may pass several of the
 * constructors that bound what they are given.
 */
import { messageCharacters, quotedCharacters } from "../Limits.ts"
import { ownText } from "./own.ts"

/**
 * The text, cut to so many characters, with everything that does not print (controls, line ends, bidirectional marks,
 * lone surrogates, code points without a character) written as escapes.
 */
export const printable = (text: string, characters: number = quotedCharacters): string =>
  bounded(text, characters, unprintable)

/** As {@link printable}, and `"` and `\` are escaped too: fit to stand between quotation marks. */
export const quote = (text: string, characters: number = quotedCharacters): string =>
  bounded(text, characters, unquotable)

/** For constructors of errors: the same fields, the named ones {@link printable}, each as long as a message may be. */
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

/** Has {@link printable} nothing to escape in it? */
export const isPrintable = (text: string): boolean => !unprintable.test(text)

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u
const unquotable = /[\p{C}\p{Zl}\p{Zp}"\\]/u

// Looks at so many characters at most, however long the text is; an escape is whole or left out.
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
