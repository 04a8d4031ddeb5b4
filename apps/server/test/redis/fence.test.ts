import { assert, describe, it } from "@effect/vitest"
import type { CacheEntry, FleetShape, Lead, Permit } from "@posh/core/cache"
import { type Argument, makeRedis, makeRedisCluster, type RedisError, type Reply } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { association, hour, keyOf, negative, redisKey } from "./things.ts"
import { calm, connectReplica } from "./world.ts"

const key = keyOf("orchard")
const soon = Date.now() + hour
const older = association(key, soon)
const newer = association(key, soon + 1)

type Replica = Effect.Success<ReturnType<typeof connectReplica>>

interface World {
  readonly a: Replica
  readonly b: Replica
  /** Sends a command to the Redis that holds the key. */
  readonly command: (...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisError>
}

const worlds: Readonly<Record<string, Effect.Effect<World, never, Scope.Scope>>> = {
  "one Redis": Effect.gen(function*() {
    const { command, url } = yield* makeRedis()
    return { a: yield* connectReplica(url), b: yield* connectReplica(url), command }
  }),
  "a cluster": Effect.gen(function*() {
    const { masterOf, urls } = yield* makeRedisCluster()
    const { command } = yield* masterOf(redisKey(key))
    const options = { ...calm, mode: "cluster" } as const
    const url = urls.join(",")
    return { a: yield* connectReplica(url, options), b: yield* connectReplica(url, options), command }
  })
}

const take = (fleet: FleetShape, onLost: () => void = () => undefined): Effect.Effect<Lead> =>
  Effect.map(fleet.lead(key, onLost), (role) => {
    assert.strictEqual(role._tag, "Lead")
    return role as Lead
  })

const told = ({ association: found, tier }: CacheEntry) => [found?.lifetime.expiresAt, tier]

interface Row {
  readonly name: string
  /** Happens after A took the lease, and before it writes. */
  readonly meanwhile: (world: World) => Effect.Effect<unknown, unknown>
  readonly isLost?: boolean
  /** Expiry of the final entry. If A's writes succeed, the last one removes what the first one stored. */
  readonly remembered: number | undefined
}

const rows: ReadonlyArray<Row> = [
  { name: "nothing happens", meanwhile: () => Effect.void, remembered: undefined },
  {
    name: "its lease runs out, and another leads and writes",
    meanwhile: ({ b, command }) =>
      Effect.gen(function*() {
        yield* command("DEL", redisKey(key, "flight"))
        const { over, permit } = yield* take(b.fleet)
        assert.isTrue(yield* b.store.putAssociation(key, newer, permit))
        yield* over
      }),
    isLost: true,
    remembered: newer.lifetime.expiresAt
  },
  {
    name: "its lease runs out, and another leads",
    meanwhile: ({ b, command }) => Effect.andThen(command("DEL", redisKey(key, "flight")), take(b.fleet)),
    isLost: true,
    remembered: undefined
  },
  {
    name: "the key is forgotten elsewhere",
    meanwhile: ({ b }) => b.store.forget(key),
    isLost: true,
    remembered: undefined
  },
  {
    name: "the key is forgotten here",
    meanwhile: ({ a }) => a.store.forget(key),
    isLost: true,
    remembered: undefined
  },
  {
    name: "the key is forgotten elsewhere, learnt there and forgotten again",
    meanwhile: ({ b }) =>
      Effect.gen(function*() {
        yield* b.store.forget(key)
        const { over, permit } = yield* take(b.fleet) // at once: the flight is over for the fleet
        yield* b.store.putAssociation(key, newer, permit)
        yield* over
        yield* b.store.forget(key)
      }),
    isLost: true,
    remembered: undefined
  },
  {
    name: "Redis loses the fence: then nobody can tell whether another took a number",
    meanwhile: ({ command }) => command("DEL", redisKey(key, "fence")),
    isLost: true,
    remembered: undefined
  },
  {
    name: "Redis loses the fence, and another leads",
    meanwhile: ({ b, command }) =>
      Effect.andThen(command("DEL", redisKey(key, "fence"), redisKey(key, "flight")), take(b.fleet)),
    isLost: true,
    remembered: undefined
  },
  {
    name: "Redis loses the fence, and the key is forgotten elsewhere",
    meanwhile: ({ b, command }) => Effect.andThen(command("DEL", redisKey(key, "fence")), b.store.forget(key)),
    isLost: true,
    remembered: undefined
  }
]

/** The outcomes of a flight. Before a removal, A's memory and Redis hold `older`. */
const writes: Readonly<Record<string, (replica: Replica, permit: Permit | undefined) => Effect.Effect<boolean>>> = {
  "an association": ({ store }, permit) => store.putAssociation(key, older, permit),
  "an absence": ({ store }, permit) => store.putNegative(key, negative(), permit),
  "a withdrawal": ({ store }, permit) => store.withdraw(key, negative(), permit)
}

/** Waits until a change that another replica announced has arrived here. */
const evicted = ({ near }: Replica) =>
  Effect.repeat(Effect.delay(near.get(key), 2), {
    until: ({ association: found, negative }) => found === undefined && negative === undefined
  })

for (const [where, makeWorld] of Object.entries(worlds)) {
  describe(`over ${where}, a leader is about to write`, () => {
    for (const { isLost = false, meanwhile, name, remembered } of rows) {
      it.live(`when ${name}`, () =>
        Effect.gen(function*() {
          const world = yield* makeWorld
          const { a, b, command } = world
          for (const [what, write] of Object.entries(writes)) {
            yield* a.store.forget(key)
            yield* evicted(b) // else the message of this may arrive after what follows
            const { over, permit } = yield* take(a.fleet)
            yield* meanwhile(world)
            const inNear = told(yield* b.near.get(key))
            assert.strictEqual(yield* write(a, permit), !isLost, what)
            if (!isLost) continue
            // A stale write is neither cached nor announced, and entries of others stay.
            const now = yield* a.far.get(key)
            assert.deepStrictEqual(told(now), [remembered, "redis"], what)
            assert.isUndefined(now.negative, what)
            assert.isUndefined((yield* a.near.get(key)).negative, what)
            assert.isUndefined((yield* a.near.get(key)).association, what)
            assert.deepStrictEqual(told(yield* b.near.get(key)), inNear, what)
            yield* over
            yield* command("DEL", redisKey(key, "flight"))
          }
          assert.strictEqual(
            (yield* b.far.inventory({ limit: 5 })).associations.length,
            remembered === undefined ? 0 : 1
          )
        }), 120_000)
    }

    it.live("which learns that its lead is lost when it next hears of the key or renews", () =>
      Effect.gen(function*() {
        const { a, b, command } = yield* makeWorld
        // Renewed every 500 ms. A busy machine may hear of it later, so the first of a few tries counts.
        const lost = yield* Effect.callback<string>((resume) => {
          const start = performance.now()
          Effect.runFork(Effect.andThen(
            take(a.fleet, () => resume(Effect.succeed(performance.now() - start < 400 ? "heard" : "renewed"))),
            b.store.forget(key)
          ))
        }).pipe(Effect.repeat({ times: 4, until: (how) => how === "heard" }))
        assert.strictEqual(lost, "heard")
        const renewed = Effect.callback<void>((resume) => {
          Effect.runFork(Effect.andThen(
            take(a.fleet, () => resume(Effect.void)),
            command("DEL", redisKey(key, "flight"))
          ))
        })
        yield* Effect.timeout(renewed, "20 seconds")
      }), 120_000)

    it.live(
      "and dies: the next one leads when the lease has run out, and what the dead one still sends is refused",
      () =>
        Effect.gen(function*() {
          const { a, b, command } = yield* makeWorld
          const { over, permit } = yield* Effect.scoped(take(a.fleet))
          // The dead leader neither renews nor releases its lease.
          yield* over
          yield* command("SET", redisKey(key, "flight"), String(permit?.fence), "PX", "700")
          const role = yield* b.fleet.lead(key, () => undefined)
          assert.strictEqual(role._tag, "Follow")
          const start = performance.now()
          yield* role.over
          assert.isBelow(performance.now() - start, 7_000) // a lead lasts 13 s at the most
          const next = yield* take(b.fleet)
          assert.isFalse(yield* a.store.putAssociation(key, older, permit))
          assert.isTrue(yield* b.store.putAssociation(key, newer, next.permit))
          assert.isAbove(next.permit?.fence ?? 0, permit?.fence ?? 0)
        }),
      120_000
    )

    it.live("which began while Redis was away: only if nobody took a number since", () =>
      Effect.gen(function*() {
        const { a, b, command } = yield* makeWorld
        const withoutRedis = { fence: 0 }
        assert.isTrue(yield* a.store.putAssociation(key, older, withoutRedis))
        yield* b.store.forget(key)
        assert.isFalse(yield* a.store.putAssociation(key, older, withoutRedis))
        // The TTL of a tombstone.
        const week = 7 * 24 * 3_600_000
        assert.isAtMost(Number(yield* command("PTTL", redisKey(key, "fence"))), week)
        assert.isAbove(Number(yield* command("PTTL", redisKey(key, "fence"))), week - 10_000)
      }), 120_000)
  })
}

describe("garbage under our keys", () => {
  const garbage: Readonly<Record<string, ReadonlyArray<string>>> = {
    "text as fence": ["SET", redisKey(key, "fence"), "garbage"],
    "a number from the far future as fence": ["SET", redisKey(key, "fence"), "99999999999999999999"],
    "no number as fence": ["SET", redisKey(key, "fence"), "nan"],
    "a list as fence": ["RPUSH", redisKey(key, "fence"), "1"],
    "a flight without an end": ["SET", redisKey(key, "flight"), "1"],
    "a flight that takes a day": ["SET", redisKey(key, "flight"), "1", "PX", "86400000"],
    "a list as flight": ["RPUSH", redisKey(key, "flight"), "1"]
  }
  for (const [name, command] of Object.entries(garbage)) {
    it.live(`${name} keeps nobody from leading and writing`, () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const a = yield* connectReplica(redis.url)
        yield* redis.command(...command)
        const { over, permit } = yield* take(a.fleet)
        assert.isTrue(yield* a.store.putAssociation(key, older, permit))
        assert.deepStrictEqual(told(yield* a.far.get(key)), [older.lifetime.expiresAt, "redis"])
        yield* over
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key, "flight")), 0)
      }))

    if (!name.includes("flight")) continue
    it.live(`${name}, put there while somebody leads, keeps nobody waiting`, () =>
      Effect.gen(function*() {
        const { a, b, command: send } = yield* worlds["one Redis"]!
        yield* take(a.fleet)
        const role = yield* b.fleet.lead(key, () => undefined)
        assert.strictEqual(role._tag, "Follow")
        yield* send("DEL", redisKey(key, "flight"))
        yield* send(...command)
        const start = performance.now()
        yield* role.over
        assert.isBelow(performance.now() - start, 7_000) // a lead lasts 13 s at the most
        yield* take(b.fleet)
      }), 60_000)
  }
})

describe("what is heard while Redis cannot say who leads makes an outcome out of date", () => {
  const refuse = (command: World["command"]) => command("ACL", "SETUSER", "default", "-evalsha", "-eval")
  const until = (check: () => boolean) =>
    Effect.sleep("20 millis").pipe(Effect.repeat({ until: check }), Effect.timeout("20 seconds"))

  it.live("of who leads", () =>
    Effect.gen(function*() {
      const { a, b, command } = yield* worlds["one Redis"]!
      const lost: Array<string> = []
      yield* take(a.fleet, () => void lost.push("lead"))
      yield* refuse(command)
      yield* b.store.forget(key)
      yield* until(() => lost.length > 0)
    }), 120_000)

  it.live("of who could take no lead, and only as long as it asks", () =>
    Effect.gen(function*() {
      const { a, b, command } = yield* worlds["one Redis"]!
      yield* refuse(command)
      const lost: Array<string> = []
      const first = yield* take(a.fleet, () => void lost.push("first"))
      yield* first.over
      yield* take(a.fleet, () => void lost.push("second"))
      yield* b.store.forget(key)
      yield* until(() => lost.length > 0)
      assert.deepStrictEqual(lost, ["second"])
    }), 120_000)
})
