/**
 * Answers that say yes, for as long as their `ttl` allows. Never anything else: a no can change at once, and what could not be
 * decided is no answer.
 */
import type { Answer } from "../Answer.ts"
import type { Delivery } from "./Batcher.ts"
import type { PreparedQuestion } from "./prepare.ts"

/** Of keys and answers; a chain of certificates is up to 430 kB. */
const mostOctets = 32 * 1024 * 1024

interface Entry {
  readonly answer: Answer
  readonly octets: number
  /** Milliseconds of the monotonic clock, and of the wall clock, at which it ends. */
  readonly until: number
  readonly untilWall: number
}

export class AnswerCache {
  readonly #entries = new Map<string, Entry>()
  readonly #most: number
  #octets = 0

  constructor(entries: number) {
    this.#most = entries
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * The answer with the seconds that are left of it. Both clocks must allow it: the wall clock can be set back, and the
   * monotonic one stands still while a machine sleeps.
   */
  find({ cacheable, key }: PreparedQuestion, now: number, wall: number): Answer | undefined {
    const entry = cacheable ? this.#entries.get(key) : undefined
    if (entry === undefined) return undefined
    this.#delete(key, entry)
    const ttl = Math.floor(Math.min(entry.until - now, entry.untilWall - wall) / 1_000)
    if (ttl < 1) return undefined
    this.#insert(key, entry) // now the youngest
    return { ...entry.answer, ttl: Math.min(ttl, entry.answer.ttl) }
  }

  /** The lifetime counts from when the question was sent: the time that an answer travels is not added to it. */
  keep({ cacheable, key, plainKey }: PreparedQuestion, { answer, sentAt, sentAtWall }: Delivery): void {
    // A newer answer ends an older one, also that to a question which wanted it fresh: what it found must not be forgotten.
    const old = this.#entries.get(plainKey)
    if (old !== undefined) this.#delete(plainKey, old)
    if (!cacheable || !answer.valid || answer.ttl < 1 || this.#most === 0) return
    const octets = 2 * key.length + 2 * JSON.stringify(answer).length
    if (octets > mostOctets) return
    const lifeMs = answer.ttl * 1_000
    this.#insert(key, { answer, octets, until: sentAt + lifeMs, untilWall: sentAtWall + lifeMs })
    for (const [eldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#most && this.#octets <= mostOctets) break
      this.#delete(eldest, entry)
    }
  }

  #insert(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#octets += entry.octets
  }

  #delete(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#octets -= entry.octets
  }
}
