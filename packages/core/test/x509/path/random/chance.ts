/** Random numbers that are the same for the same seed (mulberry32). */
export interface Chance {
  /** A whole number from 0 to `below - 1`. */
  readonly number: (below: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** True once in so many times. */
  readonly once: (inTimes: number) => boolean
}

export const makeChance = (seed: number): Chance => {
  const state = { at: seed }
  const number = (below: number) => {
    state.at = (state.at + 0x6d2b79f5) | 0
    const mixed = Math.imul(state.at ^ (state.at >>> 15), 1 | state.at)
    const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((more ^ (more >>> 14)) >>> 0) / 4_294_967_296 * below) | 0
  }
  return { number, pick: (from) => from[number(from.length)]!, once: (inTimes) => number(inTimes) === 0 }
}
