/** The ways in which a Redis fails: every one that is claimed to be survived. */
import { makeNetwork, makeRedis, makeRedisCluster, makeSentinel, type RedisServer } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { hog } from "./hog.ts"
import { lossWithFailingOrigins } from "./loss.ts"
import { oldEntries } from "./oldEntries.ts"
import type { Arrangement, Ordinary, Scenario } from "./Scenario.ts"
import { spoil } from "./spoil.ts"
import { volatileMemory } from "./volatileMemory.ts"

type Deed = (redis: RedisServer) => Effect.Effect<unknown, unknown>

const nothing = Effect.void

/** A single server. */
const alone = (
  name: string,
  what: string,
  deeds: { readonly break: Deed; readonly mend?: Deed; readonly env?: Arrangement["env"] }
): Ordinary => ({
  name,
  what,
  mended: deeds.mend !== undefined,
  arrange: Effect.map(makeRedis(), (redis) => ({
    env: { POSH_REDIS_URL: redis.url, ...deeds.env },
    break: () => done(deeds.break(redis)),
    mend: () => deeds.mend === undefined ? nothing : done(deeds.mend(redis)),
    servers: [redis]
  }))
})

const done = (deed: Effect.Effect<unknown, unknown>): Effect.Effect<void> => Effect.asVoid(Effect.orDie(deed))

const command = (...words: ReadonlyArray<string>): Deed => (redis) => redis.command(...words)

/** Connections stay as they are when rules change, unless they are cut. */
const cutAll: Deed = (redis) =>
  Effect.andThen(
    redis.command("CLIENT", "KILL", "TYPE", "pubsub"),
    redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
  )

export const scenarios: ReadonlyArray<Scenario> = [
  alone("no failure", "nothing: for comparison", { break: () => nothing, mend: () => nothing }),
  alone("killed", "SIGKILL, and started again without its data", {
    break: (redis) => redis.kill(),
    mend: (redis) => redis.restart()
  }),
  alone("paused", "SIGSTOP, and SIGCONT", { break: (redis) => redis.pause(), mend: (redis) => redis.resume() }),
  alone("restarted empty", "SIGKILL, and at once started again without its data", {
    break: (redis) => redis.restart()
  }),
  alone("out of memory", "`maxmemory` of one octet, and nothing is evicted", {
    break: command("CONFIG", "SET", "maxmemory", "1"),
    mend: command("CONFIG", "SET", "maxmemory", "0")
  }),
  {
    name: "maxclients reached",
    what: "strangers take all connections, also those that the replicas had",
    mended: true,
    arrange: Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { begin, end } = yield* hog(redis, cutAll)
      return { env: { POSH_REDIS_URL: redis.url }, break: () => begin, mend: () => end, servers: [redis] }
    })
  },
  alone("read-only", "it is made the replica of a server that is not there", {
    break: command("REPLICAOF", "127.0.0.1", "1"),
    mend: command("REPLICAOF", "NO", "ONE")
  }),
  {
    name: "master failover, Sentinel",
    what: "the master is killed with SIGKILL, and its replica takes over",
    mended: false,
    arrange: Effect.map(makeSentinel(), ({ master, name, replica, sentinelPorts }) => ({
      env: {
        POSH_REDIS_URL: sentinelPorts.map((port) => `redis://127.0.0.1:${port}?name=${name}`).join(","),
        POSH_REDIS_MODE: "sentinel"
      },
      break: () => master.kill(),
      mend: () => nothing,
      servers: [replica]
    }))
  },
  {
    name: "master failover, Cluster",
    what: "the master of a third of the entries is killed with SIGKILL, and its replica takes over",
    mended: false,
    arrange: Effect.map(makeRedisCluster({ replicas: 1 }), ({ masterOf, nodes, urls }) => ({
      env: { POSH_REDIS_URL: urls.join(","), POSH_REDIS_MODE: "cluster" },
      break: () => Effect.flatMap(masterOf("posh:v1:expiry"), (master) => master.kill()),
      mend: () => nothing,
      servers: nodes
    }))
  },
  alone("wrong password", "the password changes, and connections are cut", {
    break: (redis) =>
      Effect.andThen(redis.command("ACL", "SETUSER", "default", "resetpass", ">another"), cutAll(redis)),
    mend: command("ACL", "SETUSER", "default", "nopass")
  }),
  {
    name: "garbage and oversized values",
    what: "somebody overwrites entries, absences and leads: with noise, with 2 MiB, with entries of other keys, " +
      "with values of another type. The replicas keep little in memory, so that they read it",
    mended: true,
    arrange: Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { begin, end } = yield* spoil(redis)
      const env = { POSH_REDIS_URL: redis.url, POSH_CACHE_ENTRIES: "12" }
      return { env, break: () => begin, mend: () => end, servers: [redis] }
    })
  },
  behindNetwork("network black hole", "nothing arrives any more, and no connection closes", true, (network) => ({
    break: () => network.freeze(),
    mend: () => network.thaw()
  })),
  behindNetwork(
    "half-open connections",
    "Redis has lost all connections, the replicas are not told; new ones work",
    false,
    (network) => ({ break: () => network.forget(), mend: () => nothing })
  ),
  volatileMemory,
  ...lossWithFailingOrigins,
  oldEntries
]

/** A single server, reached through a network that fails. */
function behindNetwork(
  name: string,
  what: string,
  mended: boolean,
  deeds: (network: Effect.Success<ReturnType<typeof makeNetwork>>) => Pick<Arrangement, "break" | "mend">
): Scenario {
  const arrange: Effect.Effect<Arrangement, never, Scope.Scope> = Effect.gen(function*() {
    const redis = yield* makeRedis()
    const network = yield* makeNetwork(redis.port)
    return { env: { POSH_REDIS_URL: `redis://127.0.0.1:${network.port}` }, servers: [redis], ...deeds(network) }
  })
  return { name, what, mended, arrange }
}
