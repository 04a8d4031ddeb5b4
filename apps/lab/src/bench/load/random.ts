/** Random numbers that a seed repeats. */

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

/** An endless choice, uniformly. */
export const makeChoice = <A>(all: ReadonlyArray<A>, random: () => number): () => A => () =>
  all[Math.floor(random() * all.length)]!
