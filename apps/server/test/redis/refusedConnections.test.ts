/**
 * What Redis refuses before or beside the commands: the database, the channel of changes, the password, the mode. Each is
 * named in the log with its cause, once, and shows as `degraded`.
 */
import { assert, describe, it } from "@effect/vitest"
import { makeRedis, makeRedisCluster } from "@posh/testing"
import { Effect } from "effect"
import { rulesFor } from "./acl.ts"
import { type FakeReply, makeFakeRedis, ordinary } from "./fakeRedis.ts"
import { replica, said, until } from "./replica.ts"
import { association, keyOf } from "./things.ts"

const key = keyOf("orchard")
const downs = { commands: "No connection to Redis", channel: "The channel of changes is down" } as const

interface Row {
  readonly name: string
  /** Rules of the user beside those of the guide, from the start. */
  readonly rules?: string
  readonly databases?: number
  readonly url: (port: number) => string
  readonly env?: Readonly<Record<string, string>>
  readonly connection: keyof typeof downs
  readonly why: string
  /** A command of an administrator that mends it. */
  readonly mend?: ReadonlyArray<string>
}

const ofPosh = (port: number) => `redis://posh:secret@127.0.0.1:${port}`

const rows: ReadonlyArray<Row> = [
  {
    name: "a database that does not exist",
    databases: 1,
    url: (port) => `${ofPosh(port)}/3`,
    connection: "commands",
    why: "refused SELECT (ERR: no such database)"
  },
  {
    name: "no permission to select a database",
    rules: "-select",
    url: (port) => `${ofPosh(port)}/1`,
    connection: "commands",
    why: "refused SELECT (NOPERM: no permission for the command)",
    mend: ["ACL", "SETUSER", "posh", "+select"]
  },
  {
    name: "no permission to subscribe",
    rules: "-subscribe",
    url: ofPosh,
    connection: "channel",
    why: "refused SUBSCRIBE (NOPERM: no permission for the command)",
    mend: ["ACL", "SETUSER", "posh", "+subscribe"]
  },
  {
    name: "no permission for the channel, as every new user of Redis 7",
    rules: "resetchannels",
    url: ofPosh,
    connection: "channel",
    why: "refused SUBSCRIBE (NOPERM: no permission for the channel)",
    mend: ["ACL", "SETUSER", "posh", "&posh:v1:changes"]
  },
  {
    name: "a prefix that the permissions do not have",
    url: ofPosh,
    env: { POSH_REDIS_PREFIX: "staging:" },
    connection: "channel",
    why: "refused SUBSCRIBE (NOPERM: no permission for the channel)",
    mend: ["ACL", "SETUSER", "posh", "~staging:*", "&staging:v1:changes"]
  },
  {
    name: "another password",
    url: (port) => `redis://posh:another@127.0.0.1:${port}`,
    connection: "commands",
    why: "connection (WRONGPASS)",
    mend: ["ACL", "SETUSER", "posh", ">another"]
  },
  {
    name: "the mode of a cluster",
    url: ofPosh,
    env: { POSH_REDIS_MODE: "cluster" },
    rules: "+cluster|slots +cluster|info",
    connection: "commands",
    why: "refused CLUSTER SLOTS (ERR: the server is no node of a cluster)"
  }
]

describe.concurrent("at the start", () => {
  for (const row of rows) {
    it.live(row.name, () =>
      Effect.gen(function*() {
        const user = [...rulesFor("secret"), row.rules ?? ""].join(" ")
        const redis = yield* makeRedis({
          users: ["default off", `posh ${user}`],
          ...(row.databases === undefined ? {} : { databases: row.databases })
        })
        const { channelUp, lines, state, store } = yield* replica({
          POSH_REDIS_URL: row.url(redis.port),
          POSH_REDIS_TIMEOUT: "1s",
          ...row.env
        })
        assert.strictEqual(yield* state, "degraded")
        const place = `127.0.0.1:${redis.port}`
        const down = Effect.sync(() => said(lines, downs[row.connection], "redis", "connection", "why"))
        yield* until("it is named", Effect.map(down, (found) => found.length > 0))
        assert.deepStrictEqual(yield* down, [`${place} | ${row.connection} | ${row.why}`])
        if (row.connection === "channel") assert.strictEqual(yield* channelUp, 0)

        // Nothing reaches a database that was not asked for.
        yield* store.putAssociation(key, association(key))
        yield* Effect.sleep("2500 millis")
        if (row.connection === "commands") assert.strictEqual(yield* redis.command("DBSIZE"), 0)
        assert.isAtMost(lines.length, 6, JSON.stringify(lines))
        assert.notInclude(JSON.stringify(lines), "secret")

        if (row.mend === undefined) return
        yield* redis.command(...row.mend)
        yield* until("all is well", Effect.map(state, (now) => now === "ready"))
        assert.strictEqual(yield* channelUp, 1)
        assert.isAtMost(lines.length, 10, JSON.stringify(lines))
      }), 40_000)
  }
})

describe("while it runs", () => {
  it.live("a password that is rotated is named, although the connection was lost first", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis({ users: ["default off", `posh ${rulesFor("secret").join(" ")}`] })
      const { lines, state } = yield* replica({ POSH_REDIS_URL: ofPosh(redis.port), POSH_REDIS_TIMEOUT: "1s" })
      assert.strictEqual(yield* state, "ready")
      yield* redis.command("ACL", "SETUSER", "posh", "resetpass", ">another")
      for (const type of ["normal", "pubsub"]) yield* redis.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes")
      for (const connection of ["commands", "channel"] as const) {
        yield* until(
          `${connection}: the cause is named`,
          Effect.sync(() => said(lines, downs[connection], "why").includes("connection (WRONGPASS)"))
        )
      }
      yield* until("the breaker too", Effect.map(state, (now) => now === "degraded"))
      yield* Effect.sleep("2 seconds")
      assert.isAtMost(lines.length, 8, JSON.stringify(lines))
      assert.isTrue(lines.every(({ annotations }) => !JSON.stringify(annotations).includes("secret")))
    }), 40_000)

  it.live(
    "the right to subscribe that is taken away is named, and the connection is not opened again and again",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis({ users: ["default off", `posh ${rulesFor("secret").join(" ")}`] })
        const { channelUp, lines, state } = yield* replica({
          POSH_REDIS_URL: ofPosh(redis.port),
          POSH_REDIS_TIMEOUT: "1s"
        })
        yield* redis.command("ACL", "SETUSER", "posh", "-subscribe")
        yield* until("it is named", Effect.sync(() => said(lines, downs.channel).length > 0))
        assert.strictEqual(yield* state, "degraded")
        assert.strictEqual(yield* channelUp, 0)
        const before = /total_connections_received:(\d+)/.exec(String(yield* redis.command("INFO", "stats")))?.[1]
        yield* Effect.sleep("3 seconds")
        const after = /total_connections_received:(\d+)/.exec(String(yield* redis.command("INFO", "stats")))?.[1]
        assert.isAtMost(Number(after) - Number(before), 2, "only those of this test")
        assert.deepStrictEqual(said(lines, downs.channel, "why"), [
          "refused SUBSCRIBE (NOPERM: no permission for the command)"
        ])
      }),
    40_000
  )
})

describe("a cluster", () => {
  for (const sub of ["slots", "info"]) {
    it.live(`that may not be asked for its ${sub}`, () =>
      Effect.gen(function*() {
        const { nodes, ports } = yield* makeRedisCluster()
        for (const node of nodes) {
          yield* node.command("ACL", "SETUSER", "posh", ...rulesFor("secret"), `-cluster|${sub}`)
        }
        const { lines, state } = yield* replica({
          POSH_REDIS_URL: ports.map(ofPosh).join(","),
          POSH_REDIS_MODE: "cluster",
          POSH_REDIS_TIMEOUT: "1s"
        })
        const why = `refused CLUSTER ${sub.toUpperCase()} (NOPERM: no permission for the command)`
        yield* until("it is named", Effect.sync(() => said(lines, downs.commands, "why").includes(why)))
        assert.strictEqual(yield* state, "degraded")
        yield* Effect.sleep("2 seconds")
        assert.isAtMost(said(lines, downs.commands).length, 2, JSON.stringify(lines))
      }), 40_000)
  }
})

describe("sentinels", () => {
  const rows: ReadonlyArray<readonly [name: string, reply: FakeReply, why: string]> = [
    [
      "that refuse to be asked",
      "-NOPERM this user has no permissions to run the 'sentinel' command",
      "refused SENTINEL GET-MASTER-ADDR-BY-NAME (NOPERM: no permission for the command)"
    ],
    ["that do not know the master group", null, "connection (no such master group)"],
    ["that want a password", "-NOAUTH Authentication required.", "connection (NOAUTH)"]
  ]
  it.live.each(rows)("%s", ([, reply, why]) =>
    Effect.gen(function*() {
      const fake = yield* makeFakeRedis(
        ordinary((words) => /^get-master/i.test(words[1] ?? "") ? reply : [])
      )
      const { lines, state } = yield* replica({
        POSH_REDIS_URL: `redis://127.0.0.1:${fake.port}?name=posh`,
        POSH_REDIS_MODE: "sentinel",
        POSH_REDIS_TIMEOUT: "1s"
      })
      assert.strictEqual(yield* state, "degraded")
      for (const message of Object.values(downs)) {
        yield* until("it is named", Effect.sync(() => said(lines, message, "why").includes(why)))
      }
      yield* Effect.sleep("2 seconds")
      assert.deepStrictEqual(said(lines, downs.commands, "why"), [why])
    }), 40_000)
})

describe("a proxy", () => {
  const nothing = ordinary(() => null)

  it.live(
    "that closes the connection at SUBSCRIBE gets a connection every other second at most",
    () =>
      Effect.gen(function*() {
        const fake = yield* makeFakeRedis((words, port) =>
          /^SUBSCRIBE$/i.test(words[0] ?? "") ? { close: true } : nothing(words, port)
        )
        const { lines, state } = yield* replica({ POSH_REDIS_URL: `redis://127.0.0.1:${fake.port}` })
        yield* until("it is named", Effect.sync(() => said(lines, downs.channel).length > 0))
        assert.strictEqual(yield* state, "degraded")
        yield* Effect.sleep("4 seconds")
        const before = fake.connections()
        yield* Effect.sleep("4 seconds")
        assert.isAtMost(fake.connections() - before, 5)
        assert.deepStrictEqual(said(lines, downs.channel, "why"), ["connection (closed after SUBSCRIBE)"])
      }),
    40_000
  )

  it.live("that does not know scripts is named with the commands", () =>
    Effect.gen(function*() {
      const fake = yield* makeFakeRedis((words, port) => {
        const [command = ""] = words
        return /^EVAL/i.test(command)
          ? `-ERR unknown command '${command}', with args beginning with: 'hunter2'`
          : nothing(words, port)
      })
      const { lines, state } = yield* replica({ POSH_REDIS_URL: `redis://127.0.0.1:${fake.port}` })
      yield* until("it is named", Effect.sync(() => said(lines, "Redis refuses commands").length > 0))
      assert.deepStrictEqual(said(lines, "Redis refuses commands", "redis", "connection", "commands", "why"), [
        `127.0.0.1:${fake.port} | commands | EVAL, EVALSHA | ERR: unknown command`
      ])
      assert.strictEqual(yield* state, "degraded")
      assert.notInclude(JSON.stringify(lines), "hunter2")
    }), 40_000)

  it.live("that takes messages and delivers none is no channel", () =>
    Effect.gen(function*() {
      const fake = yield* makeFakeRedis((words, port) => /^PUBLISH$/i.test(words[0] ?? "") ? 1 : nothing(words, port))
      const { channelUp, lines, state } = yield* replica({ POSH_REDIS_URL: `redis://127.0.0.1:${fake.port}` })
      yield* until("it is named", Effect.sync(() => said(lines, downs.channel).length > 0))
      assert.deepStrictEqual(said(lines, downs.channel, "why"), ["timeout (no heartbeat arrives)"])
      assert.strictEqual(yield* channelUp, 0)
      assert.strictEqual(yield* state, "degraded")
    }), 40_000)
})
