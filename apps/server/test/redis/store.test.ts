import { assert, describe, it } from "@effect/vitest"
import { parseCertificate } from "@posh/core"
import type { AssociationStore } from "@posh/core/cache"
import { selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { association, hour, keyOf, negative, redisKey } from "./things.ts"
import { calm, connect, disagreement, makeWorld } from "./world.ts"

const key = keyOf("orchard")

describe("what Redis holds (docs/decisions/shared-cache.md)", () => {
  it.live("CAC-20: PEXPIRETIME is the certificate's notAfter, and so is the score", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      const { der } = yield* selfSigned({ dnsNames: ["orchard.example"] })
      const { notAfter, notBefore, sha256 } = Result.getOrThrow(parseCertificate(der))
      const draft = keyOf("orchard", "draft")
      const entry = { index: 0, chain: [der], notBefore, notAfter, sha256, spkiSha256: sha256 }
      yield* store.putAssociation(draft, {
        ...association(draft, notAfter),
        material: { _tag: "JwkSet", entries: [entry] }
      })
      assert.strictEqual(yield* redis.command("PEXPIRETIME", redisKey(draft)), notAfter)
      const member = "{orchard.example}:xmpp-server:draft"
      assert.strictEqual(Number(yield* redis.command("ZSCORE", "posh:v1:expiry", member)), notAfter)
      assert.strictEqual((yield* store.get(draft)).association?.lifetime.expiresAt, notAfter)
    }))

  it.live("CAC-22: draft material goes when it is of no use any more; the index says when its certificate expires", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      const { der } = yield* selfSigned({ notAfter: new Date("9999-12-31T23:59:59Z") })
      const { notAfter, notBefore, sha256 } = Result.getOrThrow(parseCertificate(der))
      const draft = keyOf("orchard", "draft")
      const fetchedAt = Date.now() - 1_000
      const entry = { index: 0, chain: [der], notBefore, notAfter, sha256, spkiSha256: sha256 }
      const learnt = {
        ...association(draft, notAfter),
        material: { _tag: "JwkSet" as const, entries: [entry] },
        lifetime: { fetchedAt, revalidateAt: fetchedAt + hour, graceUntil: fetchedAt + 2 * hour, expiresAt: notAfter }
      }
      yield* store.putAssociation(draft, learnt)
      assert.strictEqual(yield* redis.command("PEXPIRETIME", redisKey(draft)), fetchedAt + 2 * hour)
      const member = "{orchard.example}:xmpp-server:draft"
      assert.strictEqual(Number(yield* redis.command("ZSCORE", "posh:v1:expiry", member)), notAfter)
      const { associations } = yield* store.inventory({ limit: 5 })
      assert.deepStrictEqual(associations.map(({ lifetime }) => lifetime.expiresAt), [notAfter])
      // Adding the member again restores its position.
      yield* redis.command("ZADD", "posh:v1:expiry", String(fetchedAt + 3 * hour), member)
      yield* store.inventory({ limit: 5 })
      assert.strictEqual(Number(yield* redis.command("ZSCORE", "posh:v1:expiry", member)), notAfter)

      // Past its usable lifetime it is not written.
      const over = { ...learnt.lifetime, revalidateAt: fetchedAt + 1, graceUntil: fetchedAt + 2 }
      yield* store.putAssociation(draft, { ...learnt, lifetime: over })
      assert.strictEqual(yield* redis.command("EXISTS", redisKey(draft)), 0)
      assert.deepStrictEqual(yield* store.inventory({ limit: 5 }), { associations: [] })
    }))

  it.live("what a replica with laxer settings wrote counts by our own (CAC-11, CAC-22)", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      const strict = { maxLifetimeMs: 60_000, draftRevalidateMs: 60_000, draftGraceMs: 60_000 }
      const { store: other } = yield* connect(redis.url, { ...calm, policy: strict })
      yield* store.putAssociation(key, association(key))
      const { fetchedAt } = (yield* store.get(key)).association!.lifetime
      const end = fetchedAt + 60_000
      assert.deepStrictEqual((yield* other.get(key)).association?.lifetime, {
        fetchedAt,
        revalidateAt: end,
        graceUntil: end,
        expiresAt: end
      })
      const { store: none } = yield* connect(redis.url, { ...calm, policy: { ...strict, maxLifetimeMs: 0 } })
      assert.isUndefined((yield* none.get(key)).association)
      assert.deepStrictEqual(yield* none.inventory({ limit: 5 }), { associations: [] })
      // Fetched in the future: its instants are meaningless.
      const tomorrow = { fetchedAt: Date.now() + 24 * hour, revalidateAt: Date.now() + 25 * hour }
      yield* store.putAssociation(key, {
        ...association(key),
        lifetime: { ...tomorrow, graceUntil: tomorrow.revalidateAt, expiresAt: tomorrow.revalidateAt }
      })
      assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 1)
      assert.isUndefined((yield* store.get(key)).association)
    }))

  it.live("an absence lasts 900 s longer than its back-off, beside the association (CAC-30, CAC-31)", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      const until = Date.now() + 60_000
      yield* store.putAssociation(key, association(key))
      yield* store.putNegative(key, negative(until))
      assert.strictEqual(yield* redis.command("PEXPIRETIME", redisKey(key, "absence")), until + 900_000)
      assert.containsAllKeys(yield* store.get(key), ["association", "negative"])
      yield* store.putAssociation(key, association(key))
      assert.hasAllKeys(yield* store.get(key), ["association", "asOf", "tier"])
      yield* store.withdraw(key, negative(until))
      assert.strictEqual(yield* redis.command("PEXPIRETIME", redisKey(key, "absence")), until + 900_000)
      assert.hasAllKeys(yield* store.get(key), ["negative", "asOf", "tier"])
      yield* store.forget(key)
      assert.deepStrictEqual(yield* redis.command("KEYS", "*"), [redisKey(key, "fence")])
    }))

  it.live("an association is gone when it expires; one that has expired is not written", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* store.putAssociation(key, association(key, Date.now() + 1_500))
      assert.isDefined((yield* store.get(key)).association)
      yield* Effect.sleep(1_550)
      assert.isUndefined((yield* store.get(key)).association)
      assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 0)
      yield* store.putAssociation(key, association(key, Date.now() - 1))
      assert.deepStrictEqual(yield* redis.command("KEYS", "*"), [])
    }))

  it.live("a get is one command", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* store.putAssociation(key, association(key))
      yield* redis.command("CONFIG", "RESETSTAT")
      for (let index = 0; index < 10; index += 1) yield* store.get(key)
      const stats = String(yield* redis.command("INFO", "commandstats"))
      const commands = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => `${name} ${calls}`)
      assert.deepStrictEqual(commands.filter((line) => !/^(auth|config\|resetstat|info)/.test(line)), ["mget 10"])
    }))
})

describe("CAC-05: what is under our keys is untrusted", () => {
  const secrets = ["current".padEnd(32, "*"), "former".padEnd(32, "*")]
  const other = keyOf("other")
  const garbage: ReadonlyArray<readonly [string, string | Uint8Array, string]> = [
    ["nothing", "", "undecodable"],
    ["no JSON", "hello", "undecodable"],
    ["other JSON", "{\"v\":1}", "undecodable"],
    ["octets", new Uint8Array([0xff, 0xfe, 0x00]), "undecodable"],
    ["something sealed", new Uint8Array([1, 2, 3]), "unsealable"],
    ["more than 1 MiB", "x".repeat(1_048_577), "oversized"]
  ]
  it.live("garbage is a miss, and counted", () =>
    Effect.gen(function*() {
      const { redis, store, faults } = yield* makeWorld(calm)
      for (const [name, value, reason] of garbage) {
        for (const kind of ["association", "absence"] as const) {
          const before: Record<string, number> = { ...faults.counts }
          yield* redis.command("DEL", redisKey(key), redisKey(key, "absence"))
          yield* redis.command("SET", redisKey(key, kind), value)
          assert.hasAllKeys(yield* store.get(key), ["asOf", "tier"], name)
          assert.deepStrictEqual(faults.counts, { ...before, [reason]: (before[reason] ?? 0) + 1 } as never, name)
          // An oversized value would be read again with every question.
          const stays = reason === "oversized" ? 0 : 1
          assert.strictEqual(yield* redis.command("EXISTS", redisKey(key, kind)), stays, name)
        }
      }
      yield* redis.command("DEL", redisKey(key))
      yield* redis.command("LPUSH", redisKey(key), "a list")
      assert.hasAllKeys(yield* store.get(key), ["asOf", "tier"])
      yield* store.putAssociation(key, association(key))
      assert.isDefined((yield* store.get(key)).association)
    }))

  it.live("what is too large is not written, and what it replaces does not stay", () =>
    Effect.gen(function*() {
      const { redis, store, faults } = yield* makeWorld(calm)
      yield* store.putAssociation(key, association(key))
      yield* store.putAssociation(key, association(key, Date.now() + hour, 20_000))
      assert.strictEqual(faults.counts.oversized, 1)
      assert.deepStrictEqual(yield* redis.command("KEYS", "*"), [])
    }))

  it.live("sealed: tampered, foreign and moved values are misses; secrets rotate", () =>
    Effect.gen(function*() {
      const { redis, store, faults } = yield* makeWorld({ ...calm, secrets: secrets.slice(1) })
      const get = (theirs: ReadonlyArray<string> | undefined) =>
        Effect.scoped(Effect.gen(function*() {
          const fresh = yield* connect(redis.url, theirs === undefined ? calm : { ...calm, secrets: theirs })
          return (yield* fresh.store.get(key)).association !== undefined
        }))
      yield* store.putAssociation(key, association(key))
      yield* store.putNegative(key, negative())
      assert.strictEqual(yield* redis.command("GETRANGE", redisKey(key), "0", "0"), "\u0001")
      assert.containsAllKeys(yield* store.get(key), ["association", "negative"])
      assert.isTrue(yield* get(secrets))
      assert.isFalse(yield* get(secrets.slice(0, 1)))
      assert.isFalse(yield* get(undefined))

      yield* redis.command("COPY", redisKey(key), redisKey(other))
      assert.isUndefined((yield* store.get(other)).association)
      yield* redis.command("SETRANGE", redisKey(key), "40", "\u0000\u0001")
      yield* redis.command("SETRANGE", redisKey(key, "absence"), "40", "\u0000\u0001")
      assert.hasAllKeys(yield* store.get(key), ["asOf", "tier"])
      assert.strictEqual(faults.counts.unsealable, 3)
    }))
})

describe("the index agrees with the keys", () => {
  it.live("a process that died between ZADD and SET leaves a member, which the next read drops", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* store.putAssociation(key, association(key))
      yield* redis.command("ZADD", "posh:v1:expiry", String(Date.now() + hour), "{dead.example}:xmpp-server:rfc7711")
      assert.strictEqual((yield* disagreement(redis)).dangling.length, 1)
      assert.strictEqual((yield* store.inventory({ limit: 10 })).associations.length, 1)
      assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
    }))

  it.live("pages are full, in order, and neither repeat nor skip, also within one instant", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      const soon = Date.now() + hour
      const names = ["a", "a.b", "a-b", "ab", "b", "c", "d", "e"]
      for (const name of names) yield* store.putAssociation(keyOf(name), association(keyOf(name), soon))
      yield* store.putAssociation(keyOf("first"), association(keyOf("first"), soon - 1))
      yield* store.putAssociation(keyOf("late"), association(keyOf("late"), soon + hour))
      for (const name of ["x", "y"]) {
        yield* redis.command("ZADD", "posh:v1:expiry", String(soon), `{${name}.example}:xmpp-server:draft`)
      }
      yield* redis.command("ZADD", "posh:v1:expiry", String(soon), "garbage")
      const expected = ["first", ...names.toSorted((a, b) => keyOf(a).text < keyOf(b).text ? -1 : 1)]
      for (const limit of [1, 2, 3, 9, 100]) {
        const found: Array<string> = []
        let page = yield* store.inventory({ limit, expiresBefore: soon + 1 })
        found.push(...page.associations.map(({ domain }) => domain))
        while (page.cursor !== undefined) {
          assert.strictEqual(page.associations.length, limit)
          page = yield* store.inventory({ limit, expiresBefore: soon + 1, cursor: page.cursor })
          found.push(...page.associations.map(({ domain }) => domain))
        }
        assert.deepStrictEqual(found, expected.map((name) => `${name}.example`), `limit ${limit}`)
      }
      assert.isNull(yield* redis.command("ZSCORE", "posh:v1:expiry", "garbage"))
    }))

  it.live("what expired is swept, with a margin for clocks", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* redis.command("ZADD", "posh:v1:expiry", "1", "{old.example}:xmpp-server:draft")
      yield* redis.command("ZADD", "posh:v1:expiry", String(Date.now() - 60_000), "{new.example}:xmpp-server:draft")
      yield* store.putAssociation(key, association(key))
      const members = yield* redis.command("ZRANGE", "posh:v1:expiry", "0", "-1")
      assert.deepStrictEqual(members, ["{new.example}:xmpp-server:draft", "{orchard.example}:xmpp-server:rfc7711"])
    }))

  type Store = AssociationStore["Service"]
  const put = (store: Store) => store.putAssociation(key, association(key))
  const races: ReadonlyArray<
    readonly [
      name: string,
      ours: (store: Store) => Effect.Effect<unknown>,
      command: string,
      theirs: (store: Store) => Effect.Effect<unknown>
    ]
  > = [
    [
      "an inventory finds the member of an association that is being written",
      put,
      "EVALSHA",
      (store) => store.inventory({ limit: 5 })
    ],
    ["a key is forgotten while it is written", put, "EVALSHA", (store) => store.forget(key)],
    ["a key is written while it is forgotten", (store) => store.forget(key), "ZREM", put],
    [
      "a key is written while its association is withdrawn",
      (store) => Effect.andThen(put(store), store.withdraw(key, negative())),
      "ZREM",
      put
    ],
    ["an association comes while an inventory drops its member", (store) => store.inventory({ limit: 5 }), "ZREM", put]
  ]
  for (const [name, ours, command, theirs] of races) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { redis, store: other } = yield* makeWorld(calm)
        yield* redis.command(
          "ZADD",
          "posh:v1:expiry",
          String(Date.now() + hour),
          "{orchard.example}:xmpp-server:rfc7711"
        )
        const { store } = yield* connect(redis.url, { ...calm, before: { command, run: theirs(other) } })
        yield* ours(store)
        assert.isDefined((yield* other.get(key)).association)
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }))
  }
})
