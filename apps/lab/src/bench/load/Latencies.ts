/** Times of a run, without garbage of their own: the generator must not stop to collect. */
import type { LoadResult } from "./Load.ts"

export class Latencies {
  #values = new Float64Array(1 << 12)
  #count = 0

  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = milliseconds
    this.#count += 1
  }

  result(): Omit<LoadResult, "wrong" | "seconds"> {
    const sorted = this.#values.slice(0, this.#count).sort()
    const at = (q: number) => sorted[Math.min(this.#count - 1, Math.floor(this.#count * q))] ?? Number.NaN
    return {
      answers: this.#count,
      p50Ms: at(0.5),
      p90Ms: at(0.9),
      p99Ms: at(0.99),
      p999Ms: at(0.999),
      mostMs: at(1)
    }
  }
}
