/** Random choices that a seed repeats. */
import type { LoadOptions } from "./Load.ts"

/** Uniform in [0, 1): mulberry32. */
export const makeRandom = (seed: number): () => number => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The next request; `undefined` after the last one. */
export const makeChoice = (
  requests: ReadonlyArray<Buffer>,
  { once = false }: Pick<LoadOptions, "once">,
  random: () => number
): () => Buffer | undefined => {
  if (!once) return () => requests[Math.floor(random() * requests.length)]
  let next = 0
  return () => requests[next++]
}
