/**
 * Which endpoint is asked: the first of the list that did not fail lately. One that failed is asked last for a while, and never
 * excluded: if all failed, the one that was given the shortest while is asked.
 */
import type { EndpointUrls } from "./settings.ts"

const whileMs = { least: 1_000, greatest: 30_000 } as const

interface Memory {
  faults: number
  /** Monotonic. */
  until: number
}

export class Endpoints {
  readonly #urls: ReadonlyArray<EndpointUrls>
  readonly #memories: ReadonlyArray<Memory>

  constructor(urls: ReadonlyArray<EndpointUrls>) {
    this.#urls = urls
    this.#memories = urls.map(() => ({ faults: 0, until: 0 }))
  }

  get size(): number {
    return this.#urls.length
  }

  at(index: number): EndpointUrls | undefined {
    return this.#urls[index]
  }

  /** `avoid`: those that failed this question already; if that is all of them, it does not count. */
  choose(now: number, avoid: ReadonlySet<number>): number {
    const all = [...this.#memories.keys()]
    const left = all.filter((index) => !avoid.has(index))
    const badUntil = (index: number) => {
      const until = this.#memories[index]?.until ?? 0
      return until > now ? until : 0
    }
    return (left.length === 0 ? all : left).toSorted((a, b) => badUntil(a) - badUntil(b) || a - b)[0] ?? 0
  }

  failed(index: number, now: number, retryAfterMs = 0): void {
    const memory = this.#memories[index]
    if (memory === undefined) return
    // Requests that ran at the same time and failed together count once.
    if (memory.until <= now) memory.faults = Math.min(memory.faults + 1, 10)
    const doubled = whileMs.least * 2 ** (memory.faults - 1)
    memory.until = now + Math.min(whileMs.greatest, Math.max(doubled, retryAfterMs))
  }

  answered(index: number): void {
    const memory = this.#memories[index]
    if (memory === undefined) return
    memory.faults = 0
    memory.until = 0
  }
}
