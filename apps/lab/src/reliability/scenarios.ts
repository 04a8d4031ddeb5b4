/** All failures of Redis that the service is claimed to survive. */
import { makeNetwork, makeRedis, makeRedisCluster, makeSentinel, type RedisServer } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { corrupt } from "./corrupt.ts"
import { exhaustConnections } from "./exhaustConnections.ts"
import { lossWithFailingOrigins } from "./loss.ts"
import { oldEntries } from "./oldEntries.ts"
import type { Scenario, Setup, StandardScenario } from "./Scenario.ts"
import { volatileMemory } from "./volatileMemory.ts"

type RedisAction = (redis: RedisServer) => Effect.Effect<unknown, unknown>

const nothing = Effect.void

/** A single server. */
const alone = (
  name: string,
  what: string,
  actions: { readonly break: RedisAction; readonly repair?: RedisAction; readonly env?: Setup["env"] }
): StandardScenario => ({
  name,
  what,
  needsRepair: actions.repair !== undefined,
  setUp: Effect.map(makeRedis(), (redis) => ({
    env: { POSH_REDIS_URL: redis.url, ...actions.env },
    break: () => toVoid(actions.break(redis)),
    repair: () => actions.repair === undefined ? nothing : toVoid(actions.repair(redis)),
    servers: [redis]
  }))
})

const toVoid = (action: Effect.Effect<unknown, unknown>): Effect.Effect<void> => Effect.asVoid(Effect.orDie(action))

const command = (...words: ReadonlyArray<string>): RedisAction => (redis) => redis.command(...words)

/** Closes all connections: Redis applies new access rules to new connections only. */
const cutAll: RedisAction = (redis) =>
  Effect.andThen(
    redis.command("CLIENT", "KILL", "TYPE", "pubsub"),
    redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
  )

export const scenarios: ReadonlyArray<Scenario> = [
  alone("no failure", "nothing: for comparison", { break: () => nothing, repair: () => nothing }),
  alone("killed", "SIGKILL, and started again without its data", {
    break: (redis) => redis.kill(),
    repair: (redis) => redis.restart()
  }),
  alone("paused", "SIGSTOP, and SIGCONT", { break: (redis) => redis.pause(), repair: (redis) => redis.resume() }),
  alone("restarted empty", "SIGKILL, and at once started again without its data", {
    break: (redis) => redis.restart()
  }),
  alone("out of memory", "`maxmemory` of one octet, and nothing is evicted", {
    break: command("CONFIG", "SET", "maxmemory", "1"),
    repair: command("CONFIG", "SET", "maxmemory", "0")
  }),
  {
    name: "maxclients reached",
    what: "strangers take all connections, also those that the replicas had",
    needsRepair: true,
    setUp: Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { begin, end } = yield* exhaustConnections(redis, cutAll)
      return { env: { POSH_REDIS_URL: redis.url }, break: () => begin, repair: () => end, servers: [redis] }
    })
  },
  alone("read-only", "it is made the replica of a server that is not there", {
    break: command("REPLICAOF", "127.0.0.1", "1"),
    repair: command("REPLICAOF", "NO", "ONE")
  }),
  {
    name: "master failover, Sentinel",
    what: "the master is killed with SIGKILL, and its replica takes over",
    needsRepair: false,
    setUp: Effect.map(makeSentinel(), ({ master, name, replica, sentinelPorts }) => ({
      env: {
        POSH_REDIS_URL: sentinelPorts.map((port) => `redis://127.0.0.1:${port}?name=${name}`).join(","),
        POSH_REDIS_MODE: "sentinel"
      },
      break: () => master.kill(),
      repair: () => nothing,
      servers: [replica]
    }))
  },
  {
    name: "master failover, Cluster",
    what: "the master of a third of the entries is killed with SIGKILL, and its replica takes over",
    needsRepair: false,
    setUp: Effect.map(makeRedisCluster({ replicas: 1 }), ({ masterOf, nodes, urls }) => ({
      env: { POSH_REDIS_URL: urls.join(","), POSH_REDIS_MODE: "cluster" },
      break: () => Effect.flatMap(masterOf("posh:v1:expiry"), (master) => master.kill()),
      repair: () => nothing,
      servers: nodes
    }))
  },
  alone("wrong password", "the password changes, and connections are cut", {
    break: (redis) =>
      Effect.andThen(redis.command("ACL", "SETUSER", "default", "resetpass", ">another"), cutAll(redis)),
    repair: command("ACL", "SETUSER", "default", "nopass")
  }),
  {
    name: "garbage and oversized values",
    what: "somebody overwrites entries, absences and leads: with noise, with 2 MiB, with entries of other keys, " +
      "with values of another type. The replicas keep little in memory, so that they read it",
    needsRepair: true,
    setUp: Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { begin, end } = yield* corrupt(redis)
      const env = { POSH_REDIS_URL: redis.url, POSH_CACHE_ENTRIES: "12" }
      return { env, break: () => begin, repair: () => end, servers: [redis] }
    })
  },
  behindNetwork("network black hole", "nothing arrives any more, and no connection closes", true, (network) => ({
    break: () => network.freeze(),
    repair: () => network.thaw()
  })),
  behindNetwork(
    "half-open connections",
    "Redis has lost all connections, the replicas are not told; new ones work",
    false,
    (network) => ({ break: () => network.forget(), repair: () => nothing })
  ),
  volatileMemory,
  ...lossWithFailingOrigins,
  oldEntries
]

/** A single server behind a network that fails. */
function behindNetwork(
  name: string,
  what: string,
  needsRepair: boolean,
  actions: (network: Effect.Success<ReturnType<typeof makeNetwork>>) => Pick<Setup, "break" | "repair">
): Scenario {
  const setUp: Effect.Effect<Setup, never, Scope.Scope> = Effect.gen(function*() {
    const redis = yield* makeRedis()
    const network = yield* makeNetwork(redis.port)
    return { env: { POSH_REDIS_URL: `redis://127.0.0.1:${network.port}` }, servers: [redis], ...actions(network) }
  })
  return { name, what, needsRepair, setUp }
}
