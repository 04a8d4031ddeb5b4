/** Comparisons as lines of a terminal. */
import type { Compared, Spread } from "./comparison.ts"

/** One line for each server, then one for each pair whose ratio is asked for. */
export const toLines = (all: ReadonlyArray<Compared>): ReadonlyArray<string> => {
  const baselines = all.filter(({ name }) => name.startsWith("bare"))
  const ours = all.filter((compared) => !baselines.includes(compared))
  return [
    ...all.map(toLine),
    ...ours.flatMap((compared, index) =>
      [...baselines, ...ours.slice(0, index)].map(({ name }) => ratioLine(compared, name))
    )
  ]
}

const toLine = ({ cpuMicros, name, p50Ms, p99Ms, perSecond }: Compared): string =>
  `${name.padEnd(16)} ${spread(perSecond, 0)}/s  CPU ${spread(cpuMicros, 1)} µs  p50 ${spread(p50Ms, 2)} ms  ` +
  `p99 ${spread(p99Ms, 2)} ms`

const ratioLine = ({ cpu, name, throughput }: Compared, baseline: string): string =>
  `${name} of ${baseline}: throughput ${spread(throughput[baseline]!, 2)}, CPU ${spread(cpu[baseline]!, 2)}`

export const spread = ({ least, median, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
