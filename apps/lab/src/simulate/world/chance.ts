/** Numbers that follow from an index, in place of a table: a world of ten million domains takes no memory. */

/** In [0, 1); the same for the same arguments. */
export const chance = (index: number, about: number): number => {
  let mixed = Math.imul(index ^ Math.imul(about, 0x9e3779b9), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d) // lowbias32, of Chris Wellons' search for hashes
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

/** Picks by shares that sum up to 1. */
export const pick = <A>(choices: ReadonlyArray<readonly [value: A, share: number]>, at: number): A => {
  let sum = 0
  for (const [value, share] of choices) {
    sum += share
    if (at < sum) return value
  }
  const last = choices.at(-1)
  if (last === undefined) throw new RangeError("there is nothing to pick from")
  return last[0]
}
