/**
 * Redis refuses one command for good: by the rights of the user, as an administrator forgets one, or because a proxy or
 * the server does not know it. The log names it, readiness and metrics show it, and no purge says that all is done while
 * another replica goes on with what was purged.
 */
import { assert, describe, it } from "@effect/vitest"
import { makeRedis } from "@posh/testing"
import { Effect } from "effect"
import { commands, rulesFor } from "./acl.ts"
import { replica, said, until } from "./replica.ts"
import { association, keyOf } from "./things.ts"

interface Row {
  /** What the log names; absent where nothing depends on it. */
  readonly names?: string
  /** What of a purge is pending. */
  readonly pending?: ReadonlyArray<"store" | "announcement">
}

const both = ["store", "announcement"] as const

/** The permissions of the guide: what follows if one of them is missing. */
const rows: Readonly<Record<string, Row>> = {
  "+hello": {}, // no permission is needed for it
  "+client|setname": {}, // a name in the list of clients, for people
  "+quit": {}, // the connection is closed without it
  "+info": { names: "INFO" },
  "+ping": { names: "PING" },
  "+mget": { names: "MGET" },
  "+get": { names: "GET", pending: both },
  "+set": { names: "SET", pending: both },
  "+del": { names: "DEL", pending: both },
  "+time": { names: "TIME", pending: both },
  "+zadd": { names: "ZADD" },
  "+zrem": { names: "ZREM", pending: both },
  "+zrange": { names: "ZRANGE" },
  "+zremrangebyscore": { names: "ZREMRANGEBYSCORE" },
  "+zscan": { names: "ZSCAN" },
  "+exists": { names: "EXISTS" },
  "+pttl": { names: "PTTL", pending: both },
  "+pexpire": { names: "PEXPIRE" },
  "+evalsha": { names: "EVALSHA", pending: both },
  "+eval": { names: "EVAL", pending: both },
  "+publish": { names: "PUBLISH", pending: ["announcement"] }
}

const key = keyOf("orchard")

const fleetOf = (rules: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const redis = yield* makeRedis({ users: ["default off", `posh ${rules.join(" ")}`] })
    const env = { POSH_REDIS_URL: `redis://posh:secret@127.0.0.1:${redis.port}/0`, POSH_REDIS_TIMEOUT: "5s" }
    return { redis, a: yield* replica(env), b: yield* replica(env) }
  })

describe.concurrent("a user without one of the permissions", () => {
  it("has a row for each that the guide lists, besides those below", () => {
    const listed = [...commands].filter(([purpose]) => !/database|cluster/.test(purpose)).flatMap(([, rules]) => rules)
    assert.sameMembers(Object.keys(rows), listed.filter((rule) => rule !== "+subscribe"))
  })

  for (const [rule, { names, pending }] of Object.entries(rows)) {
    it.live(
      `${rule}: ${names === undefined ? "nothing is missing" : "named, degraded, and no purge lies"}`,
      () =>
        Effect.gen(function*() {
          // Both have learnt the association before the permission goes.
          const { a, b, redis } = yield* fleetOf(rulesFor("secret"))
          assert.isTrue(yield* a.store.putAssociation(key, association(key)))
          // Where Redis is late, what memory has answers in its place: it may be nothing.
          const inMemory = Effect.map(
            b.store.get(key),
            ({ away, association, tier }) => tier === "memory" && away === undefined && association !== undefined
          )
          yield* until("the other one has it in memory", inMemory)
          yield* redis.command("ACL", "SETUSER", "posh", rule.replace("+", "-"))
          yield* redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
          if (names === undefined) {
            yield* until("connected again", Effect.sync(() => said(a.lines, "Connected to Redis").length === 2))
            yield* until("all is well", Effect.map(a.state, (state) => state === "ready"))
            assert.deepStrictEqual(said(a.lines, "Redis refuses commands"), [])
          } else {
            for (const one of [a, b]) {
              yield* until("it is named", Effect.sync(() => said(one.lines, "Redis refuses commands").length > 0))
              assert.strictEqual(yield* one.state, "degraded")
              assert.isAbove(yield* one.refused, 0)
            }
            const named = said(a.lines, "Redis refuses commands", "commands").join().split(/, ?/)
            assert.include(named, names)
            assert.match(said(a.lines, "Redis refuses commands", "why").join(), /NOPERM: no permission for/)
          }

          const purge = yield* a.store.forget(key)
          assert.deepStrictEqual(purge.pending, pending ?? [])
          yield* until("the other one does not have it", Effect.map(b.store.get(key), (entry) => !entry.association))
          if (names === undefined) return
          yield* redis.command("ACL", "SETUSER", "posh", rule)
          for (const one of [a, b]) yield* until("all is well", Effect.map(one.state, (state) => state === "ready"))
          yield* until("the end is named", Effect.sync(() => said(a.lines, "Redis takes commands again").length > 0))
          assert.strictEqual(yield* a.refused, 0)
          yield* until("the other one does not have it", Effect.map(b.store.get(key), (entry) => !entry.association))
        }),
      40_000
    )
  }
})
