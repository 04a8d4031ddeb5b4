/**
 * The replicas, whatever shares questions among them, and what each does without being asked.
 */
import type { Fetcher } from "@posh/core"
import { makeSimulatedRedis, type RedisSize, type SimulatedRedis } from "../redis/SimulatedRedis.ts"
import { type FleetOptions, minute } from "../Scenario.ts"
import { seeded } from "../seeded.ts"
import type { VirtualTime } from "../time/VirtualTime.ts"
import { type Replica, type ReplicaParts, startReplica } from "./Replica.ts"

export interface FleetParts {
  readonly options: FleetOptions
  readonly sample: number
  readonly time: VirtualTime
  readonly web: Fetcher["Service"]
  readonly observer: ReplicaParts["observer"]
  readonly seed: string
}

export interface SimulatedFleet {
  readonly redis: SimulatedRedis | undefined
  /** The replica that gets a question about this domain. */
  readonly replicaFor: (domain: number) => Replica
  /** A new process in the place of one; the old one answers what it was asked. */
  readonly restart: (replica: number) => void
  readonly replicas: () => ReadonlyArray<Replica>
  /** What Redis held when that was last looked at, once in ten minutes. */
  readonly redisSize: () => RedisSize
}

/** Milliseconds for which a process that stops may still answer. */
const drainMs = 15_000

export const makeFleet = ({ observer, options, sample, seed, time, web }: FleetParts): SimulatedFleet => {
  const random = seeded(`${seed} fleet`)
  const balancer = seeded(`${seed} balancer`)
  const redis = options.redis ? makeSimulatedRedis(time, options.redisMs) : undefined
  const start = (index: number) => startReplica({ index, options, sample, time, web, redis, observer, random })
  const replicas = Array.from({ length: options.replicas }, (_, index) => start(index))
  const size = { last: { keys: 0, associations: 0, octets: 0 } }
  if (redis !== undefined) {
    keepBusy(redis, replicas, time, sample, () => size.last)
    every(time, 10 * minute, () => {
      size.last = redis.size()
    })
  }
  return {
    redis,
    replicaFor: (domain) => {
      const at = options.balance === "any" ? Math.floor(balancer.nextDoubleUnsafe() * replicas.length) : domain
      const replica = replicas[at % replicas.length]
      if (replica === undefined) throw new RangeError("a fleet has at least one replica")
      return replica
    },
    restart: (index) => {
      const old = replicas[index]
      replicas[index] = start(index)
      time.at(time.now() + drainMs, () => old?.stop())
    },
    replicas: () => replicas,
    redisSize: () => size.last
  }
}

/** The members of the index that one scan of it reads, and of which one command asks (`ExpiryIndex.prune`). */
const scanned = { least: 100, most: 2_000, together: 128 }

/** What replicas send to Redis without a question, and the repair after an outage. */
const keepBusy = (
  redis: SimulatedRedis,
  replicas: ReadonlyArray<Replica>,
  time: VirtualTime,
  sample: number,
  size: () => RedisSize
) => {
  const before = { writes: 0 }
  every(time, 1_000, () => {
    if (!redis.isUp()) return
    redis.count("everySecond", replicas.length)
    for (const replica of replicas) replica.repair()
  })
  every(time, 5_000, () => {
    if (!redis.isUp()) return
    // Each write has two updates of the index, by the replica that wrote.
    const added = 2 * sample * (redis.counts.putAssociation - before.writes) / replicas.length
    before.writes = redis.counts.putAssociation
    const batch = Math.min(scanned.most, scanned.least + added, sample * size().associations)
    redis.count("scan", replicas.length)
    redis.count("check", Math.ceil(batch / scanned.together) * replicas.length)
  })
  every(time, minute, () => redis.isUp() ? redis.count("sweep", replicas.length) : undefined)
}

export const every = (time: VirtualTime, ms: number, run: () => void): void => {
  const again = () => {
    run()
    time.at(time.now() + ms, again)
  }
  time.at(time.now() + ms, again)
}
