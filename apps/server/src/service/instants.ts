/**
 * Formats instants (RFC 3339, UTC). Texts are cached, because formatting a date costs as much as the rest of a line of
 * the decision log, and few associations and certificates make up most answers.
 */
import type { Instant } from "@posh/api"

/** For answers: without milliseconds if they are zero. */
export const toInstant = (milliseconds: number): Instant => textsOf(milliseconds).short

/** For logs: always with milliseconds, so that texts sort by time. */
export const toLogTime = (milliseconds: number): string => textsOf(milliseconds).full

interface Texts {
  readonly full: string
  readonly short: string
}

const cache = new Map<number, Texts>()
const maxTexts = 4_096

const textsOf = (milliseconds: number): Texts => {
  const texts = cache.get(milliseconds)
  if (texts !== undefined) return texts
  const full = new Date(milliseconds).toISOString()
  const made = { full, short: full.replace(".000Z", "Z") }
  if (cache.size >= maxTexts) cache.clear()
  cache.set(milliseconds, made)
  return made
}
