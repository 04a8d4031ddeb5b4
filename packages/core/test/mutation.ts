/** Small damage to published text, and a watch on how long it takes to read. */
import { Schema } from "effect"
import { assertHeld } from "./hostile/measure.ts"

const noise = [
  "",
  "\"",
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  " ",
  "\n",
  "=",
  "A",
  "-",
  "_",
  "+",
  "/",
  "0",
  "\u0000",
  "\ud800",
  "é",
  "\\u0041"
] as const

/** Each replaces up to three characters by noise; where, is counted round the text. */
export const Edits = Schema.Array(Schema.Struct({
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20_000 })),
  remove: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  insert: Schema.Literals(noise)
})).check(Schema.isMinLength(1), Schema.isMaxLength(3))

export const edit = (text: string, edits: typeof Edits.Type): string =>
  edits.reduce((edited, { at, insert, remove }) => {
    const place = text.length === 0 ? 0 : at % text.length
    return edited.slice(0, place) + insert + edited.slice(place + remove)
  }, text)

/** Runs it, and fails where it takes longer than so many milliseconds of this thread in each of three tries. */
export const within = <A>(milliseconds: number, run: () => A): A => {
  const results: Array<A> = []
  assertHeld(milliseconds, () => results.push(run()))
  return results[0] as A
}
