/**
 * When a worker that ended is started again. Pure.
 */

/** Milliseconds. */
const shortest = 100
const longest = 30_000

/** Milliseconds after which a worker that answers is no longer taken for one that ends at its start. */
export const calmMs = 60_000

/** Attempts to start each worker after which a service that no worker serves gives up. */
export const mostStarts = 5

/**
 * Milliseconds to wait, doubled for each of the failures in a row. `random`, from 0 to 1, spreads workers that ended together over
 * half of it.
 */
export const backOffMs = (failures: number, random: number): number =>
  Math.min(longest, shortest * 2 ** failures) * (1 - random / 2)
