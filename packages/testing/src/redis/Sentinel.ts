/** A real Sentinel set on loopback: a master, its replica, and three sentinels that fail over between them. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { LOOPBACK } from "../listen.ts"
import { makeServer, portSettings } from "./Redis.ts"
import type { RedisServer } from "./Redis.ts"
import { until } from "./waiting.ts"

export interface RedisSentinel {
  /** The initial master. */
  readonly master: RedisServer
  /** The initial replica. */
  readonly replica: RedisServer
  readonly sentinels: ReadonlyArray<RedisServer>
  /** Name of the master group. */
  readonly name: "posh"
  readonly sentinelPorts: ReadonlyArray<number>
  /** The port of the current master, from the first running sentinel. */
  readonly currentMasterPort: () => Effect.Effect<number>
}

/** Waits until the sentinels know each other and the replica. A killed master is replaced after some 2 s. */
export const makeSentinel = (): Effect.Effect<RedisSentinel, never, Scope.Scope> =>
  Effect.gen(function*() {
    const master = yield* makeServer({ settings: replicated })
    const replica = yield* makeServer({
      settings: (port, folder) => [...replicated(port, folder), `replicaof ${LOOPBACK} ${master.port}`]
    })
    // The sentinels ask the master for its replicas at once, and then only every ten seconds.
    yield* until("the master knows its replica", fieldIs(master, ["INFO", "replication"], /slave0:.*state=online/))
    yield* until("the replica follows", fieldIs(replica, ["INFO", "replication"], /master_link_status:up/))
    const sentinel = makeServer({ settings: watching(master.port), args: ["--sentinel"] })
    const sentinels = yield* Effect.all([sentinel, sentinel, sentinel], { concurrency: 3 })
    for (const each of sentinels) yield* Effect.orDie(each.command("SENTINEL", "DEBUG", ...DEBUG_PERIODS))
    for (const each of sentinels) yield* until("the sentinels know all", knowsAll(each))
    const set: RedisSentinel = {
      master,
      replica,
      sentinels,
      name: NAME,
      sentinelPorts: sentinels.map(({ port }) => port),
      currentMasterPort: () =>
        Effect.firstSuccessOf(sentinels.map((each) => each.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME))).pipe(
          Effect.map((address) => Array.isArray(address) ? Number(address[1]) : 0),
          Effect.orDie
        )
    }
    return set
  })

const NAME = "posh"

/** Number of sentinels that must agree that the master is down. */
const QUORUM = 2

/** Milliseconds. An election without winner is repeated after twice FAILOVER_TIMEOUT. */
const DOWN_AFTER = 1_000
const FAILOVER_TIMEOUT = 2_000

/**
 * Milliseconds. Pings must be several times more frequent than DOWN_AFTER, else a new master counts as down at once.
 * Five ping periods must be longer than the second between two INFO of a replica, else no replica is eligible for
 * promotion. TILT mode, in which sentinels do nothing after a busy machine delayed them, lasts 30 s by default.
 */
const DEBUG_PERIODS = ["PING-PERIOD", "300", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "200", "TILT-PERIOD", "1000"]

const replicated = (port: number, folder: string): ReadonlyArray<string> => [
  ...portSettings(port, folder),
  "save \"\"",
  "repl-diskless-sync-delay 0"
]

const watching = (masterPort: number) => (port: number, folder: string): ReadonlyArray<string> => [
  ...portSettings(port, folder),
  `sentinel monitor ${NAME} ${LOOPBACK} ${masterPort} ${QUORUM}`,
  `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER}`,
  `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT}`
]

const fieldIs = (server: RedisServer, command: ReadonlyArray<string>, pattern: RegExp) =>
  Effect.map(server.command(...command), (info) => pattern.test(String(info)))

const knowsAll = (sentinel: RedisServer) => fieldIs(sentinel, ["INFO", "sentinel"], /status=ok,.*slaves=1,sentinels=3/)
