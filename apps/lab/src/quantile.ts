/** Quantiles of what was measured. */

export const ascending = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  values.toSorted((left, right) => left - right)

/** Of values in ascending order, `q` from 0 to 1; NaN where there are none. */
export const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN

export const median = (values: ReadonlyArray<number>): number => quantile(ascending(values), 0.5)
