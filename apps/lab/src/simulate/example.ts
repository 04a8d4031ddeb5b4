/**
 * The worked example of docs/guides/capacity.md: the large fleet of the page, with the measured costs of an answer. Pure.
 */
import { table } from "../table.ts"
import { toDays } from "./days.ts"
import type { Named } from "./page.ts"
import type { Report } from "./report.ts"
import { count, figure, percent } from "./summary.ts"

/** Microseconds of CPU for an answer from memory, one from Redis, and one after a resolution. */
export interface Costs {
  readonly memory: number
  readonly redis: number
  readonly origin: number
}

/** The medians of docs/reference/performance.md. Throws if the page has other tables. */
export const parseCosts = (performance: string): Costs => ({
  memory: costIn(performance, "100,000 domains × 100,000 certificates, at half of the saturating load"),
  redis: costIn(performance, "Redis alone"),
  origin: costIn(performance, "cold resolution")
})

/** The cell "CPU an answer" of the service in a table. */
const costIn = (page: string, title: string): number => {
  const from = page.indexOf(`**${title}**`)
  const [, cost] = /\n\| posh \| [^|]+ \| ([\d.]+) /.exec(from < 0 ? "" : page.slice(from)) ?? []
  if (cost === undefined) throw new Error(`the page has no CPU of an answer for "${title}"`)
  return Number(cost)
}

/** KiB of a replica's memory for an entry, as the guide says it. */
const entryKibibytes = 1.5

export const toExample = (runs: Named, rate: number, costs: Costs): string => {
  const row = (name: string, of: (report: Report) => string) => [name, ...runs.map(([, report]) => of(report))]
  return table(["On the last day", ...runs.map(([name]) => name)], [
    row("from memory, from Redis, from origins", (report) => {
      const { memory, origin, redis } = lastDay(report).tiers
      return [memory, redis, origin].map(percent).join(", ")
    }),
    row("CPU of a question, µs", (report) => count(cpuOf(report, costs))),
    row("cores", (report) => count(rate * cpuOf(report, costs) / 1e6)),
    row("replicas of one core, half of it free", (report) => count(2 * rate * cpuOf(report, costs) / 1e6)),
    row("entries of a replica", ({ memory }) => count(memory.entries)),
    row(
      `of these ${entryKibibytes} KiB each, GB`,
      ({ memory }) => figure(memory.entries * entryKibibytes * 1_024 / 1e9)
    ),
    row("memory of Redis, GB", (report) => figure(lastDay(report).megabytes / 1e3)),
    row("commands to Redis a second", (report) => figure(lastDay(report).perSecond.commands)),
    row("messages that Redis delivers a second", (report) => figure(lastDay(report).perSecond.messages)),
    row("requests to origins a second", (report) => figure(lastDay(report).perSecond.requests)),
    row("of these to the largest provider", ({ requests }) => figure(requests.providers.mostPerSecond))
  ])
}

const cpuOf = (report: Report, costs: Costs): number => {
  const { memory, origin, redis } = lastDay(report).tiers
  return memory * costs.memory + redis * costs.redis + origin * costs.origin
}

const lastDay = (report: Report) => {
  const last = toDays(report).at(-1)
  if (last === undefined) throw new RangeError("a run has a day")
  return last
}

const begin = "<!-- Made by `npm run simulate -- series`: do not edit. -->\n\n"
const end = "\n\n<!-- Up to here. -->"

/** The guide with the example in the place of the one before. */
export const withExample = (guide: string, example: string): string => {
  const from = guide.indexOf(begin)
  const to = guide.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error("the guide has no place for the example")
  return guide.slice(0, from + begin.length) + example + guide.slice(to)
}
