/**
 * Formats instants (RFC 3339, UTC). The texts of days are cached, because formatting a date costs more than the rest of an
 * answer; a time of day is put together from the texts of its numbers.
 */
import type { Instant } from "@posh/api"

/** For answers: without milliseconds if they are zero. */
export const toInstant = (milliseconds: number): Instant => {
  const time = Math.trunc(milliseconds)
  const day = Math.floor(time / dayMs)
  const ofDay = time - day * dayMs
  const ms = ofDay % 1_000
  return ms === 0 ? `${toSecondText(day, ofDay)}Z` : `${toSecondText(day, ofDay)}.${threeDigits(ms)}Z`
}

/** For logs: always with milliseconds, so that texts sort by time. */
export const toLogTime = (milliseconds: number): string => {
  const time = Math.trunc(milliseconds)
  const day = Math.floor(time / dayMs)
  const ofDay = time - day * dayMs
  return `${toSecondText(day, ofDay)}.${threeDigits(ofDay % 1_000)}Z`
}

const dayMs = 86_400_000

/** `2026-11-23T09:00:00` */
const toSecondText = (day: number, ofDay: number): string => {
  const seconds = Math.floor(ofDay / 1_000)
  const minutes = Math.floor(seconds / 60)
  return `${dateOf(day)}${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}`
}

const twoDigits: ReadonlyArray<string> = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"))

const threeDigits = (number: number): string => number < 10 ? `00${number}` : number < 100 ? `0${number}` : `${number}`

const dates = new Map<number, string>()
/** More days than the certificates of a fleet end on. */
const maxDates = 4_096

/** `2026-11-23T` */
const dateOf = (day: number): string => {
  const known = dates.get(day)
  if (known !== undefined) return known
  const text = new Date(day * dayMs).toISOString().slice(0, -"00:00:00.000Z".length)
  if (dates.size >= maxDates) dates.clear()
  dates.set(day, text)
  return text
}
