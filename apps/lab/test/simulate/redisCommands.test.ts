/**
 * What operations cost Redis: the simulation's table beside what two replicas of the service send to a real Redis. Only
 * commands about the domains in question count, and no renewed leases, which depend on the load of the machine.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Behave, ensureInstalled, makeOrigins, makeRedis, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { exchange } from "../../src/exchange.ts"
import { rfcPath } from "../../src/question.ts"
import { environmentIn, makeFolder, startService } from "../../src/service.ts"
import {
  type Command,
  noOperations,
  type Operation,
  type OperationCounts,
  toCommands
} from "../../src/simulate/redis/commands.ts"

const compared = ["MGET", "GET", "EVALSHA", "ZADD", "ZREM", "PUBLISH"] as const satisfies ReadonlyArray<Command>
const domains = 3
const sha256 = `${"A".repeat(43)}=`

beforeAll(() => ensureInstalled("redis-server", "--version"), 300_000)

const world = Effect.gen(function*() {
  const document = { fingerprints: [{ "sha-256": sha256 }], expires: 86_400 }
  const hosts = Array.from({ length: domains }, (_, index) => [
    [`own${index}.example`, { routes: { [rfcPath]: Behave.json(document) } }],
    [`nothing${index}.example`, { routes: {} }]
  ]).flat()
  const origins = yield* makeOrigins(Object.fromEntries(hosts))
  const redis = yield* makeRedis()
  // Every command is slow enough for the log of slow commands, which has their arguments.
  yield* redis.command("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "100000")
  const folder = yield* makeFolder
  const env = { ...environmentIn(folder, origins), POSH_REDIS_URL: redis.url, POSH_REDIS_TIMEOUT: "5s" }
  const replica = Effect.acquireRelease(
    Effect.promise(() => startService(env)),
    ({ stop }) => Effect.promise(stop)
  )
  const [first, second] = yield* Effect.all([replica, replica], { concurrency: "unbounded" })
  return { redis, first: first.port, second: second.port }
})

/** Asks a replica about all domains of a kind, one after the other. */
const askAll = (port: number, kind: "own" | "nothing") =>
  Effect.forEach(
    Array.from({ length: domains }, (_, index) => `${kind}${index}.example`),
    (domain) =>
      Effect.promise(() =>
        exchange({
          port,
          method: "GET",
          path: `/v1/verify?domain=${domain}&service=xmpp-server&sha-256=${encodeURIComponent(sha256)}`
        })
      ).pipe(Effect.map(({ body }) => JSON.parse(body)))
  )

/** What was sent about domains of a kind since the log was reset. */
const sentAbout = (redis: RedisServer, kind: string) =>
  Effect.map(redis.command("SLOWLOG", "GET", "-1"), (reply) => {
    const sent = (Array.isArray(reply) ? reply : [])
      .map((entry): ReadonlyArray<string> =>
        Array.isArray(entry) && Array.isArray(entry[3]) ? entry[3].map(String) : []
      )
      .filter((args) => args.some((arg) => arg.includes(`${kind}0.example`)) && !isOfScript(args) && !isRenewal(args))
      .map(([command = ""]) => command.toUpperCase())
    return (command: string) => sent.filter((name) => name === command).length
  })

/** Scripts read fences and leases; from outside only associations are read with `GET`. */
const isOfScript = ([command = "", key = ""]: ReadonlyArray<string>): boolean =>
  command.toUpperCase() === "GET" && !key.includes(":association:")

/** One key, its token, and the time of the lease. */
const isRenewal = ([command = "", , keys, ...rest]: ReadonlyArray<string>): boolean =>
  command.toUpperCase() === "EVALSHA" && keys === "1" && rest.length === 3

const resolution = { read: 2, acquire: 1, release: 1 } satisfies Partial<Record<Operation, number>>

type Row = readonly [
  verdict: string,
  replica: "first" | "second",
  kind: "own" | "nothing",
  operations: Partial<OperationCounts>
]

const rows: ReadonlyArray<Row> = [
  ["verified", "first", "own", { ...resolution, putAssociation: 1, announce: 1 }],
  ["verified", "second", "own", { read: 1 }],
  ["verified", "second", "own", {}],
  // In both generations.
  ["no-material", "first", "nothing", { read: 4, acquire: 2, release: 2, withdraw: 2, announce: 2 }],
  ["no-material", "second", "nothing", { read: 2 }]
]

describe("the commands of an operation are those of the service", () => {
  it.live(
    "for a fetch, for an answer from Redis, from memory, and where nothing is published",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { redis, ...ports } = yield* world
        for (const [verdict, replica, kind, operations] of rows) {
          yield* redis.command("SLOWLOG", "RESET")
          for (const answer of yield* askAll(ports[replica], kind)) assert.strictEqual(answer.verdict, verdict)
          const sent = yield* sentAbout(redis, kind)
          const expected = toCommands({ ...noOperations(), ...operations })
          for (const command of compared) {
            assert.strictEqual(
              sent(command),
              expected[command] ?? 0,
              `${command}, ${kind}, ${JSON.stringify(operations)}`
            )
          }
        }
      })),
    120_000
  )
})
