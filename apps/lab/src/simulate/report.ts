/**
 * What a run shows, as plain data. Pure.
 */
import type { VerdictKind } from "@posh/core"
import { sumOfIdle } from "./idle.ts"
import type { Recorded, Slice } from "./Log.ts"
import { type Command, type OperationCounts, sumOfCommands, toCommands } from "./redis/commands.ts"
import type { RedisSize } from "./redis/SimulatedRedis.ts"
import type { Scenario } from "./Scenario.ts"
import type { Answers, HostRequests, Tier } from "./Tally.ts"

export interface AnswersReport {
  /** All of them; the counts below are those of the domains that were simulated. */
  readonly questions: number
  readonly simulated: number
  /** Shares of all questions. */
  readonly tiers: Readonly<Record<Tier, number>>
  readonly verdicts: Readonly<Record<VerdictKind, number>>
  readonly unknown: Readonly<Record<string, number>>
  readonly wrong: number
  readonly lost: number
  readonly byGrace: number
  /** Milliseconds, at these quantiles. */
  readonly ageMs: Quantiles
  readonly latencyMs: Quantiles
}

export interface Quantiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface Report {
  /** One domain in so many was simulated. */
  readonly sample: number
  readonly answers: AnswersReport
  readonly calm: AnswersReport
  readonly during: ReadonlyArray<{ readonly name: string; readonly answers: AnswersReport }>
  /** Different domains that were asked about. */
  readonly domains: number
  readonly fetches: Recorded["fetches"] & {
    /** Fetches of material of RFC 7711 for each lifetime in which a domain was asked about. */
    readonly perLifetime: number
  }
  readonly requests: {
    readonly perSecond: number
    readonly perQuestion: number
    readonly domains: HostReport
    readonly providers: HostReport
  }
  readonly redis: {
    /** For each question, without what replicas do when nothing is asked. */
    readonly perQuestion: number
    /** A second, of the fleet, for what replicas do when nothing is asked. */
    readonly idlePerSecond: number
    readonly perSecond: number
    readonly commands: Readonly<Partial<Record<Command, number>>>
    readonly operations: OperationCounts
    /** Change messages that Redis delivers, a second. */
    readonly messagesPerSecond: number
    /** Of the messages, those that say that a replica is there: each second from each to each. */
    readonly heartbeatsPerSecond: number
    readonly keys: number
    readonly associations: number
    readonly megabytes: number
  }
  readonly memory: { readonly entries: number; readonly megabytes: number; readonly evicted: number }
  readonly slices: ReadonlyArray<Slice>
}

/** Of the hosts of one sort that were asked. */
export interface HostReport {
  readonly hosts: number
  readonly requests: number
  /** Of the host that is asked most: a second, and in one second at most. With a sample the second is too large. */
  readonly mostPerSecond: number
  readonly peakPerSecond: number
}

export const toReport = (scenario: Scenario, recorded: Recorded): Report => {
  const { all, calm, domains, during, fetches, memory, messages, operations, redisPeak, requests, slices } = recorded
  const { sample } = scenario
  const seconds = scenario.durationMs / 1_000
  const idle = sumOfIdle(operations)
  const commands = sumOfCommands(operations)
  const heartbeats = scenario.fleet.redis ? scenario.fleet.replicas ** 2 : 0
  const hosts = [...requests.byHost]
  const isProvider = ([name]: readonly [string, HostRequests]) => name.startsWith("provider")
  const questions = Math.max(1, questionsOf(all, sample))
  return {
    sample,
    answers: toAnswers(all, sample),
    calm: toAnswers(calm, sample),
    during: [...during].map(([outage, answers]) => ({ name: outage.what, answers: toAnswers(answers, sample) })),
    domains: domains * sample,
    fetches: { ...fetches, perLifetime: fetches.done / Math.max(1, fetches.needed) },
    requests: {
      perSecond: sample * requests.total / seconds,
      perQuestion: sample * requests.total / questions,
      domains: toHosts(hosts.filter((host) => !isProvider(host)).map(([, host]) => host), seconds, 1),
      providers: toHosts(hosts.filter(isProvider).map(([, host]) => host), seconds, sample)
    },
    redis: {
      perQuestion: sample * (commands - idle) / questions,
      idlePerSecond: idle / seconds,
      perSecond: (sample * (commands - idle) + idle) / seconds,
      commands: toCommands(operations),
      operations,
      messagesPerSecond: (sample * messages) / seconds + heartbeats,
      heartbeatsPerSecond: heartbeats,
      keys: sample * redisPeak.keys,
      associations: sample * redisPeak.associations,
      megabytes: sample * toMegabytes(redisPeak)
    },
    memory: {
      entries: sample * Math.max(0, ...memory.map(({ entries }) => entries)),
      megabytes: sample * Math.max(0, ...memory.map(({ bytes }) => bytes)) / 1e6,
      evicted: sample * memory.reduce((sum, { evicted }) => sum + evicted, 0)
    },
    slices
  }
}

/**
 * What Redis takes for a key beside key and value: objects, the tables of keys and of expiries, rounding. 100,000 keys with
 * 578 octets each and an expiry took 806 octets each (Redis 7.0.15).
 */
const keyOctets = 228

export const toMegabytes = ({ keys, octets }: RedisSize): number => (octets + keys * keyOctets) / 1e6

/** `sample`: of the domains for which such a host is asked. */
const toHosts = (hosts: ReadonlyArray<HostRequests>, seconds: number, sample: number): HostReport => ({
  hosts: hosts.length,
  requests: sample * hosts.reduce((sum, { count }) => sum + count, 0),
  mostPerSecond: sample * hosts.reduce((most, { count }) => Math.max(most, count), 0) / seconds,
  peakPerSecond: sample * hosts.reduce((most, { peak }) => Math.max(most, peak), 0)
})

const toAnswers = (answers: Answers, sample: number): AnswersReport => {
  const { age, byGrace, byTier, byVerdict, latency, lost, questions: simulated, unknown, wrong } = answers
  const questions = questionsOf(answers, sample)
  const share = (count: number) => questions === 0 ? 0 : sample * count / questions
  const others = { redis: share(byTier.redis), coalesced: share(byTier.coalesced), miss: share(byTier.miss) }
  return {
    questions,
    simulated,
    // The popular domains decide how many questions a sample has, and memory answers nearly all of these.
    tiers: { memory: 1 - others.redis - others.coalesced - others.miss, ...others },
    verdicts: byVerdict,
    unknown: Object.fromEntries(unknown),
    wrong,
    lost,
    byGrace,
    ageMs: toQuantiles(age.quantile),
    latencyMs: toQuantiles(latency.quantile)
  }
}

/** What is not simulated is not drawn either, so there is only the number that is expected. */
const questionsOf = ({ expected, questions }: Answers, sample: number): number => sample === 1 ? questions : expected

const toQuantiles = (quantile: (q: number) => number): Quantiles => ({
  p50: quantile(0.5),
  p90: quantile(0.9),
  p99: quantile(0.99)
})
