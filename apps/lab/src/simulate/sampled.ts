/**
 * Which domains are simulated, and how the questions about them are distributed. A question about any other domain costs
 * nothing, not even a random number: a fleet that is asked ten thousand times a second for days has billions of them.
 */
import type { Random } from "effect"
import type { Scenario } from "./Scenario.ts"
import { seeded } from "./seeded.ts"
import { makeZipf } from "./Zipf.ts"

export interface Sampled {
  /** Of all questions, how many are about the domains that are simulated. */
  readonly share: number
  /** The domain of the next question. */
  readonly next: () => number
}

/**
 * One domain of each run of `sample` consecutive ranks, at random: so a sample has popular and unpopular domains in the
 * right proportion, and samples differ less than if each domain were taken or left by itself. Another seed takes others.
 */
export const makeSampled = (
  { sample, seed, world: { domains, exponent } }: Pick<Scenario, "sample" | "seed" | "world">,
  random: Random.Random
): Sampled => {
  const uniform = () => random.nextDoubleUnsafe()
  if (sample === 1) return { share: 1, next: makeZipf(domains, exponent, uniform) }
  const ranks = ranksOf(domains, sample, seeded(`${seed} sample`))
  const weight = (rank: number) => rank ** -exponent
  const sums = new Float64Array(ranks.length)
  ranks.reduce((sum, rank, index) => sums[index] = sum + weight(rank), 0)
  const sum = sums.at(-1) ?? 0
  return { share: sum / sumOf(weight, domains), next: () => ranks[indexOf(sums, uniform() * sum)] ?? 1 }
}

const ranksOf = (domains: number, sample: number, random: Random.Random): ReadonlyArray<number> => {
  const ranks = Array.from(
    { length: Math.ceil(domains / sample) },
    (_, run) => 1 + run * sample + Math.floor(random.nextDoubleUnsafe() * sample)
  ).filter((rank) => rank <= domains)
  if (ranks.length === 0) throw new RangeError(`a sample of one in ${sample} of ${domains} domains has none`)
  return ranks
}

const sumOf = (weight: (rank: number) => number, ranks: number): number => {
  let sum = 0
  for (let rank = 1; rank <= ranks; rank += 1) sum += weight(rank)
  return sum
}

/** The first whose sum is above a value. */
const indexOf = (sums: Float64Array, value: number): number => {
  let from = 0
  let to = sums.length - 1
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sums[middle] ?? 0) > value) to = middle
    else from = middle + 1
  }
  return from
}
