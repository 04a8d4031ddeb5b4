/** A real Redis Cluster on loopback: three masters, each with an optional replica. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { LOOPBACK } from "../listen.ts"
import { makeServer, portSettings } from "./Redis.ts"
import type { RedisServer } from "./Redis.ts"
import { RedisError } from "./resp.ts"
import { until } from "./waiting.ts"

export interface RedisCluster {
  /** The three masters, each with a third of the slots; then their replicas in the same order. */
  readonly nodes: ReadonlyArray<RedisServer>
  readonly ports: ReadonlyArray<number>
  readonly urls: ReadonlyArray<string>
  /** The master of a key's slot in the view of the running nodes: a killed master until they detect it. */
  readonly masterOf: (key: string) => Effect.Effect<RedisServer>
  /**
   * Waits until running masters serve all slots in the view of every running node: after a kill, until the failover.
   */
  readonly settled: () => Effect.Effect<void>
}

export interface ClusterOptions {
  /** Replicas of each master; default 0. With 1, a killed master is replaced after some 2 s. */
  readonly replicas?: 0 | 1
}

/** Waits until every node reports the cluster as up. While a master is missing, the whole cluster is down. */
export const makeRedisCluster = (
  { replicas = 0 }: ClusterOptions = {}
): Effect.Effect<RedisCluster, never, Scope.Scope> =>
  Effect.gen(function*() {
    const count = MASTERS * (1 + replicas)
    const nodes = yield* Effect.all(Array.from({ length: count }, () => makeServer({ settings })), { concurrency: 3 })
    yield* Effect.orDie(join(nodes))
    const cluster: RedisCluster = {
      nodes,
      ports: nodes.map(({ port }) => port),
      urls: nodes.map(({ url }) => url),
      masterOf: (key) => Effect.orDie(masterOf(nodes, key)),
      settled: () => until("the cluster is settled", isSettled(nodes))
    }
    return cluster
  })

const MASTERS = 3
const SLOTS = 16_384

/** Milliseconds without reply until a node counts as failed. With less, a busy machine causes a failover. */
const NODE_TIMEOUT = 1_000

const settings = (port: number, folder: string): ReadonlyArray<string> => [
  ...portSettings(port, folder),
  "save \"\"",
  "cluster-enabled yes",
  // Outside the data folder, which a restart deletes: the node keeps its id.
  `cluster-config-file ${JSON.stringify(`${folder}/nodes.conf`)}`,
  `cluster-node-timeout ${NODE_TIMEOUT}`,
  "repl-diskless-sync-delay 0"
]

const join = (nodes: ReadonlyArray<RedisServer>) =>
  Effect.gen(function*() {
    const masters = nodes.slice(0, MASTERS)
    for (const [index, node] of nodes.entries()) {
      yield* node.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1))
      if (index < MASTERS) {
        const [first, next] = [index, index + 1].map((third) => Math.floor(third * SLOTS / MASTERS)) as [number, number]
        yield* node.command("CLUSTER", "ADDSLOTSRANGE", String(first), String(next - 1))
      }
      // Every node meets every other: gossip alone takes seconds.
      for (const other of nodes.slice(0, index)) yield* node.command("CLUSTER", "MEET", LOOPBACK, String(other.port))
    }
    yield* until("all nodes know each other", isSettled(nodes))
    for (const [index, replica] of nodes.slice(MASTERS).entries()) {
      const id = yield* masters[index]!.command("CLUSTER", "MYID")
      yield* replica.command("CLUSTER", "REPLICATE", String(id))
    }
    yield* until("the cluster is settled", isSettled(nodes))
    const expected = nodes.length - MASTERS
    const areReplicated = Effect.map(
      Effect.forEach(nodes, (node) => node.command("CLUSTER", "NODES")),
      (views) => views.every((view) => String(view).split(/\bslave\b/).length - 1 === expected)
    )
    yield* until("all nodes know the replicas", areReplicated)
    for (const replica of nodes.slice(MASTERS)) {
      const isCopying = Effect.map(replica.command("ROLE"), (role) => Array.isArray(role) && role[3] === "connected")
      yield* until("the replicas follow", isCopying)
    }
  })

/** Every node that answers sees all slots with a master that answers: one just killed is believed in for a while. */
const isSettled = (nodes: ReadonlyArray<RedisServer>) =>
  Effect.map(viewsOf(nodes), (views) => {
    const isUp = new Set(views.map(({ port }) => port))
    const isFine = ({ flags, port, ranges }: Member) =>
      !/handshake|fail\?/.test(flags) && (ranges.length === 0 || isUp.has(port))
    return views.length > 0 && views.every(({ info, members }) =>
      info.includes("cluster_state:ok") && members.length === nodes.length && members.every(isFine)
    )
  })

interface Member {
  readonly port: number
  readonly flags: string
  readonly ranges: ReadonlyArray<string>
}

/** The views of the running nodes. */
const viewsOf = (nodes: ReadonlyArray<RedisServer>) =>
  Effect.map(
    Effect.forEach(nodes, (node) =>
      Effect.all([node.command("CLUSTER", "INFO"), node.command("CLUSTER", "NODES")]).pipe(
        Effect.map((
          [info, members]
        ) => [{ port: node.port, info: String(info), members: String(members).trim().split("\n").map(memberOf) }]),
        Effect.orElseSucceed(() => [])
      )),
    (views) => views.flat()
  )

/** `<id> <address>:<port>@<bus> <flags> <master> <ping> <pong> <epoch> <link> <slots>…` */
const memberOf = (line: string): Member => {
  const [, address = "", flags = "", , , , , , ...ranges] = line.split(" ")
  return { port: Number(/:(\d+)@/.exec(address)?.[1]), flags, ranges }
}

const masterOf = (nodes: ReadonlyArray<RedisServer>, key: string) =>
  Effect.gen(function*() {
    const slot = Number(yield* Effect.firstSuccessOf(nodes.map((node) => node.command("CLUSTER", "KEYSLOT", key))))
    const owns = ({ flags, ranges }: Member) =>
      flags.includes("master") && !flags.includes("fail") && ranges.some((range) => isIn(range, slot))
    const masters = (yield* viewsOf(nodes)).flatMap(({ members }) => members.filter(owns))
    const master = nodes.find(({ port }) => masters.some((owner) => owner.port === port))
    return master ?? (yield* Effect.fail(new RedisError({ reason: "unreachable", message: `nobody serves ${slot}` })))
  })

const isIn = (range: string, slot: number): boolean => {
  const [first, last = first] = range.split("-").map(Number)
  return first !== undefined && last !== undefined && first <= slot && slot <= last
}
