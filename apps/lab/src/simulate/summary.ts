/**
 * A report as a table for people. Pure.
 */
import { table } from "../table.ts"
import type { AnswersReport, Report } from "./report.ts"

/** Rows of a name and a figure, of one report or of several side by side. */
export const toSummary = (reports: ReadonlyArray<readonly [name: string, report: Report]>): string =>
  table(["", ...reports.map(([name]) => name)], [
    ...rows.map(([name, figure]) => [name].concat(reports.map(([, report]) => figure(report)))),
    ...duringRows(reports)
  ])

const rows: ReadonlyArray<readonly [name: string, figure: (report: Report) => string]> = [
  ["questions", ({ answers }) => count(answers.questions)],
  ["of these simulated", ({ answers }) => count(answers.simulated)],
  ["different domains", ({ domains }) => count(domains)],
  ["answers from memory", ({ answers }) => percent(answers.tiers.memory)],
  ["from Redis", ({ answers }) => percent(answers.tiers.redis)],
  ["after a wait for an origin", ({ answers }) => percent(answers.tiers.miss)],
  ["after another question's wait", ({ answers }) => percent(answers.tiers.coalesced)],
  ["latency p50, p90, p99, ms", ({ answers: { latencyMs: { p50, p90, p99 } } }) => [p50, p90, p99].map(ms).join(", ")],
  [
    "age of material p50, p90, p99, s",
    ({ answers: { ageMs: { p50, p90, p99 } } }) => [p50, p90, p99].map((age) => count(age / 1_000)).join(", ")
  ],
  ["fetches for each domain and lifetime", ({ fetches }) => fetches.perLifetime.toFixed(2)],
  ["requests to origins, a second", ({ requests }) => figure(requests.perSecond)],
  ["to the provider that is asked most", ({ requests }) => figure(requests.providers.mostPerSecond)],
  ["to the domain that is asked most", ({ requests }) => figure(requests.domains.mostPerSecond)],
  ["commands to Redis for a question", ({ redis }) => redis.perQuestion.toFixed(2)],
  ["without any question, a second", ({ redis }) => figure(redis.idlePerSecond)],
  ["in all, a second", ({ redis }) => figure(redis.perSecond)],
  ["change messages delivered, a second", ({ redis }) => figure(redis.messagesPerSecond)],
  ["associations in Redis", ({ redis }) => count(redis.associations)],
  ["entries of a replica", ({ memory }) => count(memory.entries)],
  ["evicted from memory, of all replicas", ({ memory }) => count(memory.evicted)],
  ["wrong answers", ({ answers }) => count(answers.wrong)],
  ["don't know, of domains that can be reached", ({ answers }) => toLost(answers)]
]

/** What an outage does to the answers, by outage. */
const duringRows = (reports: ReadonlyArray<readonly [string, Report]>) => {
  const most = Math.max(...reports.map(([, { during }]) => during.length))
  return Array.from({ length: most }, (_, index) => [
    `don't know, during outage ${index + 1}`,
    ...reports.map(([, { during }]) => {
      const outage = during[index]
      return outage === undefined ? "" : `${toLost(outage.answers)} (${outage.name})`
    })
  ])
}

const toLost = ({ lost, simulated }: AnswersReport): string => percent(simulated === 0 ? 0 : lost / simulated)

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
export const count = (value: number): string => Number.isNaN(value) ? "–" : Math.round(value).toLocaleString("en")
export const figure = (value: number): string => value < 100 ? value.toPrecision(2) : count(value)
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
