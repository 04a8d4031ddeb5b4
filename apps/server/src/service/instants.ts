/**
 * Instants as text (RFC 3339, in UTC). The same few associations and certificates are answered again and again, and to
 * write a date costs as much as the rest of a line of the decision log.
 */
import type { Instant } from "@posh/api"

/** Milliseconds only where they are not zero, as answers have it. */
export const toInstant = (milliseconds: number): Instant => textsOf(milliseconds).short

/** With milliseconds in any case, so that texts sort as the instants do: as logs have it. */
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
