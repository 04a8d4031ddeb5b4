/**
 * Ranks by Zipf's law: rank k of n has a probability proportional to 1/k^s. By rejection-inversion (Hörmann and
 * Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6, 1996), so it
 * needs no table and takes the same time for ten ranks as for ten million.
 */

/** `random` is uniform in [0, 1). Ranks begin with 1. */
export const makeZipf = (ranks: number, exponent: number, random: () => number): () => number => {
  /** The integral of x^-s, with a constant that makes it finite for s = 1 too. */
  const integral = (x: number): number => {
    const log = Math.log(x)
    return expm1Over((1 - exponent) * log) * log
  }
  const inverse = (x: number): number => Math.exp(log1pOver(Math.max(-1, x * (1 - exponent))) * x)
  const density = (x: number): number => Math.exp(-exponent * Math.log(x))

  const low = integral(1.5) - 1
  const high = integral(ranks + 0.5)
  const squeeze = 2 - inverse(integral(2.5) - density(2))

  return () => {
    while (true) {
      const u = high + random() * (low - high)
      const x = inverse(u)
      const rank = Math.min(ranks, Math.max(1, Math.round(x)))
      if (rank - x <= squeeze || u >= integral(rank + 0.5) - density(rank)) return rank
    }
  }
}

/** The probability of a rank, for what is expected of a sample. Takes time in proportion to the number of ranks. */
export const zipfWeights = (ranks: number, exponent: number): Float64Array => {
  const weights = Float64Array.from({ length: ranks }, (_, index) => (index + 1) ** -exponent)
  const sum = weights.reduce((left, right) => left + right, 0)
  return weights.map((weight) => weight / sum)
}

/** (e^x − 1)/x */
const expm1Over = (x: number): number => Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x / 2

/** ln(1 + x)/x */
const log1pOver = (x: number): number => Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x / 2
