/** Quantiles of measurements. */

export const ascending = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  values.toSorted((left, right) => left - right)

/** Takes values in ascending order, and `q` from 0 to 1; NaN if there are no values. */
export const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN

export const median = (values: ReadonlyArray<number>): number => quantile(ascending(values), 0.5)
