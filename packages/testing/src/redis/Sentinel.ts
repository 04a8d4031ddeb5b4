/** A real Sentinel set on loopback: a master, its replica, and three sentinels that replace the one by the other. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { LOOPBACK } from "../listen.ts"
import { makeServer, portSettings } from "./Redis.ts"
import type { RedisServer } from "./Redis.ts"
import { until } from "./waiting.ts"

export interface RedisSentinel {
  /** Who began as the master. */
  readonly master: RedisServer
  /** Who began as the replica. */
  readonly replica: RedisServer
  readonly sentinels: ReadonlyArray<RedisServer>
  /** Of the set. */
  readonly name: "posh"
  readonly sentinelPorts: ReadonlyArray<number>
  /** What the first sentinel that answers says. */
  readonly currentMasterPort: () => Effect.Effect<number>
}

/** Ready when the sentinels know each other and the replica. A master that is killed is replaced after some 2 s. */
export const makeSentinel = (): Effect.Effect<RedisSentinel, never, Scope.Scope> =>
  Effect.gen(function*() {
    const master = yield* makeServer({ settings: replicated })
    const replica = yield* makeServer({
      settings: (port, folder) => [...replicated(port, folder), `replicaof ${LOOPBACK} ${master.port}`]
    })
    // The sentinels ask the master who follows it at once, and then only every ten seconds.
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

/** How many sentinels must miss the master. */
const QUORUM = 2

/** Milliseconds. An election that nobody wins is repeated after twice the second. */
const DOWN_AFTER = 1_000
const FAILOVER_TIMEOUT = 2_000

/**
 * Milliseconds. Pings must be several times more frequent than DOWN_AFTER, else a new master counts as down at once; and
 * five of them longer than the second between two looks at a replica, else none is good enough to be promoted. TILT, in
 * which sentinels do nothing after a machine was too busy for them, lasts 30 s by default.
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
