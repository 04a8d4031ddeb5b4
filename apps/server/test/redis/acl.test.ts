import { assert, describe, it } from "@effect/vitest"
import { makeRedis, makeRedisCluster, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { commands, composeUsers, rulesFor } from "./acl.ts"
import { association, keyOf, lookupKeyOf, lookupOf, negative } from "./things.ts"
import { connectReplica } from "./world.ts"

const key = keyOf("orchard")
const lookupKey = lookupKeyOf("orchard")

/** All commands that a replica sends to Redis. */
const useAll = ({ client, far, fleet, lookups, store, faults }: Effect.Success<ReturnType<typeof connectReplica>>) =>
  Effect.gen(function*() {
    const lead = yield* fleet.lead(key, () => assert.fail("the lead is lost"))
    assert.isTrue(yield* store.putAssociation(key, association(key), lead._tag === "Lead" ? lead.permit : undefined))
    assert.isTrue(yield* store.putNegative(key, negative()))
    assert.containsAllKeys(yield* far.get(key), ["association", "negative"])
    const other = yield* fleet.lead(key, () => undefined)
    assert.strictEqual(other._tag, "Follow")
    yield* Effect.forkChild(Effect.delay(lead.over, 800)) // it is renewed once
    yield* other.over
    assert.strictEqual((yield* store.inventory({ limit: 5 })).associations.length, 1)
    assert.isDefined(yield* far.era)
    yield* far.prune
    yield* store.forget(key)
    assert.isTrue(yield* far.isRemoved(key))
    assert.strictEqual(yield* lookups.put(lookupKey, lookupOf(), 60_000), "stored")
    assert.isDefined((yield* lookups.get(lookupKey)).lookup)
    assert.strictEqual((yield* lookups.inventory({ limit: 5 })).lookups.length, 1)
    yield* lookups.prune
    assert.deepStrictEqual(yield* lookups.forget(lookupKey), { pending: [] })
    yield* client.send("PING")
    assert.isTrue(Object.values(faults.counts).every((count) => count === 0), JSON.stringify(faults.counts))
  })

const denied = ({ command }: RedisServer) => command("ACL", "LOG")

describe("the user that the guide describes", () => {
  it.live(
    "may do what a replica does, and what is named for entries, index, leads, scripts and changes is needed",
    () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis({ users: ["default off", `posh ${rulesFor("secret").join(" ")}`] })
        yield* Effect.scoped(
          Effect.flatMap(connectReplica(`redis://posh:secret@127.0.0.1:${redis.port}/1`, { timeoutMs: 500 }), useAll)
        )
        assert.deepStrictEqual(yield* denied(redis), [])
        const stats = String(yield* redis.command("INFO", "commandstats"))
        const used = new Set([...stats.matchAll(/cmdstat_([^:]+):/g)].map(([, name]) => `+${name}`))
        for (const [purpose, rules] of commands) {
          assert.deepStrictEqual(purpose === "a cluster" ? [] : rules.filter((rule) => !used.has(rule)), [], purpose)
        }
        assert.strictEqual(commands.size, 8)
      }),
    120_000
  )

  it.live("may do it in a cluster", () =>
    Effect.gen(function*() {
      const { nodes, ports } = yield* makeRedisCluster()
      for (const node of nodes) yield* node.command("ACL", "SETUSER", "posh", ...rulesFor("secret"))
      for (const node of nodes) yield* node.command("ACL", "SETUSER", "default", "off")
      const url = ports.map((port) => `redis://posh:secret@127.0.0.1:${port}`).join(",")
      yield* Effect.scoped(Effect.flatMap(connectReplica(url, { mode: "cluster", timeoutMs: 500 }), useAll))
      for (const node of nodes) assert.deepStrictEqual(yield* denied(node), [])
    }), 120_000)
})

describe("the users in the Redis of compose.yaml", () => {
  // Database 0 of a single server.
  const listed = [...commands].filter(([purpose]) => !/database|cluster/.test(purpose)).flatMap(([, rules]) => rules)

  it("have the permissions that the guide lists, and nobody else has any", () => {
    assert.deepStrictEqual([...composeUsers.keys()], ["default", "posh", "demo"])
    assert.deepStrictEqual(composeUsers.get("default"), ["off"])
    for (const name of ["posh", "demo"]) {
      const patterns = rulesFor("secret").filter((rule) => !rule.startsWith("+")).map((rule) =>
        rule.replace("posh", name)
      )
      assert.sameMembers([...composeUsers.get(name) ?? []], [...patterns, ...listed], name)
    }
  })

  it.live("may do what a replica does", () =>
    Effect.gen(function*() {
      const users = [...composeUsers].map(([name, rules]) => `${name} ${rules.join(" ")}`)
      const redis = yield* makeRedis({ users })
      yield* Effect.scoped(
        Effect.flatMap(connectReplica(`redis://posh:secret@127.0.0.1:${redis.port}`, { timeoutMs: 500 }), useAll)
      )
      assert.deepStrictEqual(yield* denied(redis), [])
    }), 120_000)
})
