/**
 * Records a run: answers by the outage in which they were asked for, requests, resolutions, what Redis was sent, and all of
 * it over time. What happens before the warm-up ends is not recorded.
 */
import type { Verdict } from "@posh/core"
import type { ReplicaParts } from "./fleet/Replica.ts"
import { every, type SimulatedFleet } from "./fleet/SimulatedFleet.ts"
import { sumOfIdle } from "./idle.ts"
import type { Outages } from "./outages.ts"
import { noOperations, type Operation, type OperationCounts, sumOfCommands } from "./redis/commands.ts"
import type { RedisSize } from "./redis/SimulatedRedis.ts"
import type { Kind, Outage, Scenario } from "./Scenario.ts"
import { addAnswer, addRequest, type Answers, noAnswers, type Requests } from "./Tally.ts"
import type { VirtualTime } from "./time/VirtualTime.ts"
import { hostOf } from "./world/names.ts"
import type { World } from "./world/World.ts"

/** What happened in one of the equal parts of the time that is recorded. */
export interface Slice {
  /** Milliseconds since the start. */
  readonly at: number
  /** Questions by the rate, whether their domains are simulated or not. */
  readonly expected: number
  /** Of the domains that are simulated, as all that follows. */
  questions: number
  fromMemory: number
  fromRedis: number
  lost: number
  requests: number
  /** Commands to Redis, and those of them that replicas send when nothing is asked. */
  commands: number
  idle: number
  /** Change messages that Redis delivered. */
  messages: number
  /** What Redis held at the end. */
  held: RedisSize
}

export interface Recorded {
  readonly all: Answers
  readonly calm: Answers
  readonly during: ReadonlyMap<Outage, Answers>
  readonly requests: Requests
  /**
   * Fetches from domains that publish material of RFC 7711, and those that one cache without a refresh ahead of expiry would
   * need; refreshes ahead, and leads, of all domains.
   */
  readonly fetches: { done: number; needed: number; ahead: number; led: number; followed: number }
  /** Different domains that were asked about. */
  readonly domains: number
  readonly operations: OperationCounts
  readonly messages: number
  readonly redisPeak: RedisSize
  readonly memory: ReadonlyArray<{ readonly entries: number; readonly bytes: number; readonly evicted: number }>
  readonly slices: ReadonlyArray<Slice>
}

export interface Log {
  readonly observer: ReplicaParts["observer"]
  readonly requested: (host: string) => void
  /** A question is asked; the result is to be called with its answer. */
  readonly asked: (domain: number, now: number) => (verdict: Verdict) => void
  readonly follow: (fleet: SimulatedFleet) => void
  readonly finish: (fleet: SimulatedFleet) => Recorded
}

const sliceCount = 48
const empty: RedisSize = { keys: 0, associations: 0, octets: 0 }

export const makeLog = (
  scenario: Scenario,
  world: World,
  time: VirtualTime,
  outages: Outages,
  start: number
): Log => {
  const all = noAnswers()
  const calm = noAnswers()
  const during = new Map(scenario.outages.map((outage) => [outage, noAnswers()]))
  const requests: Requests = { total: 0, byHost: new Map() }
  const fetches = { done: 0, needed: 0, ahead: 0, led: 0, followed: 0 }
  const domains = new Set<number>()
  const needs = makeNeeds(world)
  const slices = Array.from({ length: sliceCount }, (_, index): Slice => ({
    at: scenario.durationMs * index / sliceCount,
    expected: scenario.rate * scenario.durationMs / sliceCount / 1_000,
    questions: 0,
    fromMemory: 0,
    fromRedis: 0,
    lost: 0,
    requests: 0,
    commands: 0,
    idle: 0,
    messages: 0,
    held: empty
  }))
  const none = { operations: noOperations(), messages: 0 }
  const marks = { before: none, after: none }
  const peak = { ...empty }
  const end = start + scenario.durationMs
  const publishes = (name: string) => {
    const host = hostOf(name)
    return host._tag === "Domain" && isFetched(world.kindOf(host.domain))
  }
  const isRecorded = () => time.now() >= start && time.now() < end
  const answersAt = (now: number) => {
    const outage = outages.at(now)
    return [all, outage === undefined ? calm : during.get(outage) ?? calm]
  }
  for (const [from, to] of outages.spans) {
    for (const answers of answersAt(from)) answers.expected += scenario.rate * (to - from) / 1_000
  }
  const sliceAt = (now: number) => slices[Math.floor((now - start) / scenario.durationMs * sliceCount)]

  return {
    observer: {
      refreshedAhead: () => {
        if (isRecorded()) fetches.ahead += 1
      },
      led: (role) => {
        if (isRecorded() && role !== "fenced") fetches[role === "lead" ? "led" : "followed"] += 1
      }
    },
    requested: (host) => {
      if (!isRecorded()) return
      addRequest(requests, host, time.now())
      const slice = sliceAt(time.now())
      if (slice !== undefined) slice.requests += 1
      if (publishes(host)) fetches.done += 1
    },
    asked: (domain, now) => {
      const kind = world.kindOf(domain)
      const isNeeded = needs(domain, kind, now)
      if (!isRecorded()) return () => undefined
      domains.add(domain)
      if (isNeeded) fetches.needed += 1
      const slice = sliceAt(now)
      return (verdict) => {
        const latency = time.now() - now
        for (const answers of answersAt(now)) addAnswer(answers, verdict, kind, latency)
        if (slice === undefined) return
        slice.questions += 1
        if (verdict.cache === "memory") slice.fromMemory += 1
        if (verdict.cache === "redis") slice.fromRedis += 1
        if (verdict.verdict === "indeterminate" && kind !== "unreachable") slice.lost += 1
      }
    },
    follow: ({ redis, redisSize }) => {
      if (redis === undefined) return
      const mark = () => ({ operations: { ...redis.counts }, messages: redis.messages() })
      time.at(start, () => {
        marks.before = mark()
      })
      time.at(end, () => {
        marks.after = mark()
      })
      const sums = () => ({
        commands: sumOfCommands(redis.counts),
        idle: sumOfIdle(redis.counts),
        messages: redis.messages()
      })
      const before = { sums: sums() }
      every(time, scenario.durationMs / sliceCount, () => {
        const after = sums()
        const { commands, idle, messages } = before.sums
        const size = redisSize()
        Object.assign(sliceAt(time.now() - 1) ?? {}, {
          commands: after.commands - commands,
          idle: after.idle - idle,
          messages: after.messages - messages,
          held: size
        })
        before.sums = after
        for (const what of ["keys", "associations", "octets"] as const) peak[what] = Math.max(peak[what], size[what])
      })
    },
    finish: ({ replicas }) => ({
      all,
      calm,
      during,
      requests,
      fetches,
      domains: domains.size,
      operations: difference(marks.after.operations, marks.before.operations),
      messages: marks.after.messages - marks.before.messages,
      redisPeak: peak,
      memory: replicas().map(({ size }) => size()),
      slices
    })
  }
}

const difference = (after: OperationCounts, before: OperationCounts): OperationCounts =>
  Object.fromEntries(
    (Object.keys(after) as Array<Operation>).map((name) => [name, after[name] - before[name]])
  ) as OperationCounts

/** Publishes for RFC 7711 what its server presents. */
const isFetched = (kind: Kind): boolean => kind === "own" || kind === "hosted"

/**
 * Would a cache that asks each origin only when its material has expired have to ask now? Counts the least of fetches that
 * the world's lifetimes allow.
 */
const makeNeeds = (world: World) => {
  const freshUntil = new Map<number, number>()
  return (domain: number, kind: Kind, now: number): boolean => {
    if (!isFetched(kind)) return false
    if (now < (freshUntil.get(domain) ?? 0)) return false
    freshUntil.set(domain, now + world.lifetimeOf(domain) * 1_000)
    return true
  }
}
