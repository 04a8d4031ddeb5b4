/**
 * The member `expires`: a whole number of seconds, checked digit by digit (POSH-FMT-47, POSH-FMT-48).
 */
import { Result } from "effect"
import { type Json, JsonNumber } from "../../../encoding/json.ts"

export type ExpiresFault = "MissingExpires" | "InvalidExpires"

/** Reads whole seconds ≥ 0, clamped to 2^53−1. 0 withdraws the document; the code for that depends on its kind. */
export const readExpires = (value: Json | undefined): Result.Result<number, ExpiresFault> => {
  if (value === undefined) return Result.fail("MissingExpires")
  const seconds = value instanceof JsonNumber ? wholeNumber(value.text) : undefined
  return seconds === undefined ? Result.fail("InvalidExpires") : Result.succeed(seconds)
}

const form = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/

// Checks the digits: as a floating-point number, a small fraction would be rounded to a whole number.
const wholeNumber = (text: string): number | undefined => {
  const [, sign, whole = "", fraction = "", exponent = "0"] = form.exec(text) ?? []
  const digits = [...whole, ...fraction]
  const last = digits.findLastIndex((digit) => digit !== "0")
  if (last < 0) return 0 // −0 and 0e9 as well
  const isWhole = Number(exponent) + whole.length - 1 >= last
  return sign === "-" || !isWhole ? undefined : Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}
