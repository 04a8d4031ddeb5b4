import { assert, describe, it } from "@effect/vitest"
import type { AssociationStore } from "@posh/core/cache"
import { Effect } from "effect"
import { connect as dial, type Socket } from "node:net"
import { association, keyOf, negative, redisKey } from "./things.ts"
import { breakerMs, connect, disagreement, makeWorld, timeoutMs } from "./world.ts"

const key = keyOf("orchard")
const nothing = () => undefined
// Tolerance for a busy machine: what does not end with its time-out, waits for a Redis that says nothing.
const slackMs = 2_000

/** Runs every operation, and asserts that each ends within the time-out. */
const exercise = (store: AssociationStore["Service"]) =>
  Effect.gen(function*() {
    const operations = [
      store.get(keyOf("another")),
      store.putAssociation(keyOf("another"), association(keyOf("another"))),
      store.putNegative(keyOf("another"), negative()),
      store.withdraw(keyOf("another"), negative()),
      store.forget(keyOf("another")),
      store.inventory({ limit: 10 }),
      store.get(key)
    ]
    for (const [index, operation] of operations.entries()) {
      const start = performance.now()
      yield* operation
      assert.isBelow(performance.now() - start, timeoutMs + slackMs, `operation ${index}`)
    }
  })

const isKnown = (store: AssociationStore["Service"]) =>
  Effect.map(store.get(key), ({ association }) => association !== undefined)

/** Polls until the check succeeds, for 5 s. */
const eventually = (check: Effect.Effect<boolean>, left = 100): Effect.Effect<void> =>
  Effect.flatMap(check, (yes) => {
    if (yes) return Effect.void
    assert.isAbove(left, 0, "not within 5 s")
    return Effect.andThen(Effect.sleep(50), eventually(check, left - 1))
  })

describe("Redis fails: every operation answers in time, and all is well when it is back", () => {
  type World = Effect.Success<ReturnType<typeof makeWorld>>
  interface Row {
    readonly name: string
    readonly break: (world: World) => Effect.Effect<unknown, unknown>
    readonly mend: (world: World) => Effect.Effect<unknown, unknown>
    readonly isAway: boolean
  }
  const rows: ReadonlyArray<Row> = [
    { name: "killed", break: ({ redis }) => redis.kill(), mend: ({ redis }) => redis.restart(), isAway: true },
    { name: "restarted empty", break: ({ redis }) => redis.restart(), mend: () => Effect.void, isAway: true },
    { name: "paused", break: ({ redis }) => redis.pause(), mend: ({ redis }) => redis.resume(), isAway: true },
    {
      name: "read-only",
      break: ({ redis }) => redis.command("REPLICAOF", "127.0.0.1", "1"),
      mend: ({ redis }) => redis.command("REPLICAOF", "NO", "ONE"),
      isAway: false
    },
    {
      name: "out of memory, noeviction",
      break: ({ redis }) => redis.command("CONFIG", "SET", "maxmemory", "1"),
      mend: ({ redis }) => redis.command("CONFIG", "SET", "maxmemory", "0"),
      isAway: false
    },
    {
      name: "all commands forbidden",
      break: ({ redis }) => redis.command("ACL", "SETUSER", "default", "-@all"),
      mend: ({ redis }) => redis.command("ACL", "SETUSER", "default", "+@all"),
      isAway: true
    }
  ]
  for (const row of rows) {
    it.live(row.name, () =>
      Effect.gen(function*() {
        const world = yield* makeWorld()
        const { client, redis, store } = world
        yield* store.putAssociation(key, association(key))
        yield* row.break(world)
        yield* exercise(store)
        const broken = yield* store.get(key)
        assert.strictEqual(broken.away === true, row.isAway)
        assert.strictEqual(broken.association !== undefined, !row.isAway)
        yield* row.mend(world)
        yield* eventually(Effect.andThen(store.putAssociation(key, association(key)), isKnown(store)))
        assert.strictEqual(client.state(), "closed")
        yield* store.inventory({ limit: 10 })
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }), 120_000)
  }
})

describe("a slow Redis", () => {
  it.live("costs one short time-out in a period, and then nothing", () =>
    Effect.gen(function*() {
      const { client, redis, store, faults } = yield* makeWorld({ breakerMs: 60_000 })
      yield* redis.pause()
      yield* store.get(key)
      assert.strictEqual(client.state(), "open")
      const start = performance.now()
      for (let index = 0; index < 500; index += 1) yield* store.get(key)
      assert.isBelow(performance.now() - start, 20 * timeoutMs) // of 500
      assert.deepInclude(faults.counts, { timeout: 1, open: 500 })
    }))

  it.live("is asked over a new connection when the old one is dead", () =>
    Effect.gen(function*() {
      const { client, redis, store } = yield* makeWorld()
      const before = yield* client.send("CLIENT", "ID")
      yield* redis.pause()
      yield* store.get(key)
      yield* Effect.sleep(2_300)
      yield* redis.resume()
      yield* eventually(Effect.andThen(store.putAssociation(key, association(key)), isKnown(store)))
      assert.notStrictEqual(yield* client.send("CLIENT", "ID"), before)
      assert.strictEqual(client.state(), "closed")
    }), 120_000)
})

describe("what an outage kept from being removed does not come back with Redis", () => {
  const changes = {
    forget: (store: AssociationStore["Service"]) => store.forget(key),
    "a withdrawal": (store: AssociationStore["Service"]) => store.withdraw(key, negative()),
    "a replacement": (store: AssociationStore["Service"]) => store.putAssociation(key, association(key))
  }
  for (const [name, change] of Object.entries(changes)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { client, redis, store } = yield* makeWorld()
        yield* store.putAssociation(key, association(key))
        yield* redis.command("ACL", "SETUSER", "default", "-del", "-set")
        yield* change(store)
        assert.isUndefined((yield* store.get(key)).association)
        yield* redis.command("ACL", "SETUSER", "default", "+@all")
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 1)
        assert.isUndefined((yield* store.get(key)).association)
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 0)
        // Other replicas could read it until now.
        assert.deepStrictEqual(yield* store.replay(nothing), [key])
        assert.deepStrictEqual(yield* store.replay(nothing), [])
        assert.strictEqual(client.state(), "closed")
      }))

    it.live(`${name}, also where nobody asks`, () =>
      Effect.gen(function*() {
        const { redis, store } = yield* makeWorld()
        yield* store.putAssociation(key, association(key))
        yield* redis.command("ACL", "SETUSER", "default", "-del", "-set")
        yield* change(store)
        assert.deepStrictEqual(yield* store.replay(nothing), [])
        yield* redis.command("ACL", "SETUSER", "default", "+@all")
        assert.deepStrictEqual(yield* store.replay(nothing), [key])
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 0)
        assert.deepStrictEqual(yield* store.replay(nothing), [])
        yield* store.putAssociation(key, association(key))
        assert.isDefined((yield* store.get(key)).association)
      }))
  }

  it.live("a full Redis takes no replacement, and lets go of what it had", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld()
      yield* store.putAssociation(key, association(key))
      yield* redis.command("CONFIG", "SET", "maxmemory", "1")
      yield* store.putAssociation(key, association(key))
      assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 0)
      assert.isUndefined((yield* store.get(key)).association)
    }))
})

describe("a Redis that lets nobody in", () => {
  it.live("a wrong password: the start does not wait, and it mends itself", () =>
    Effect.gen(function*() {
      const { redis } = yield* makeWorld({ password: "right" })
      const start = performance.now()
      const { client, store } = yield* connect(redis.url.replace("right", "wrong"))
      assert.isBelow(performance.now() - start, 1_000 + slackMs)
      yield* exercise(store)
      assert.strictEqual(client.state(), "open")
      yield* redis.command("ACL", "SETUSER", "default", ">wrong")
      yield* eventually(Effect.andThen(store.putAssociation(key, association(key)), isKnown(store)))
      assert.strictEqual(client.state(), "closed")
    }), 120_000)

  it.live("maxclients", () =>
    Effect.gen(function*() {
      const { redis } = yield* makeWorld({ maxclients: 5 })
      const others: ReadonlyArray<Socket> = Array.from({ length: 8 }, () =>
        dial(redis.port, "127.0.0.1").on("error", () => {}))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => others.forEach((socket) => socket.destroy()))
      )
      yield* Effect.sleep(100)
      const { client, store } = yield* connect(redis.url)
      yield* exercise(store)
      assert.strictEqual(client.state(), "open")
      others.forEach((socket) => socket.destroy())
      yield* eventually(Effect.andThen(store.putAssociation(key, association(key)), isKnown(store)))
      assert.strictEqual(client.state(), "closed")
    }), 120_000)

  it.live("nobody there: the start does not wait, and the end does not either", () =>
    Effect.gen(function*() {
      const start = performance.now()
      yield* Effect.scoped(Effect.gen(function*() {
        const { client, store } = yield* connect("redis://127.0.0.1:1")
        yield* exercise(store)
        assert.strictEqual(client.state(), "open")
        yield* Effect.sleep(breakerMs)
        yield* exercise(store)
      }))
      assert.isBelow(performance.now() - start, 10_000)
    }), 120_000)
})
