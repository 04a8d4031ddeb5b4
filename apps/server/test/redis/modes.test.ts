import { assert, describe, it } from "@effect/vitest"
import type { AssociationStore } from "@posh/core/cache"
import { issue, makeRedis, makeRedisCluster, makeSentinel, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { rulesFor } from "./acl.ts"
import { association, hour, keyOf, negative, redisKey } from "./things.ts"
import { connect } from "./world.ts"

const names = Array.from({ length: 20 }, (_, index) => `domain-${index}`)

describe("a cluster of three masters", () => {
  it.live("keys are spread, a get is one round trip, the index is one for all", () =>
    Effect.gen(function*() {
      const cluster = yield* makeRedisCluster()
      const { client, store, faults } = yield* connect(cluster.urls.join(","), { mode: "cluster", timeoutMs: 500 })
      const soon = Date.now() + hour
      yield* Effect.forEach(names, (name, index) =>
        store.putAssociation(keyOf(name), association(keyOf(name), soon + index)), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(names, (name) =>
        store.putNegative(keyOf(name), negative()), { concurrency: "unbounded" })
      for (const name of names) {
        assert.containsAllKeys(yield* store.get(keyOf(name)), ["association", "negative"])
        const home = yield* cluster.masterOf(redisKey(keyOf(name)))
        assert.strictEqual(yield* home.command("EXISTS", redisKey(keyOf(name)), redisKey(keyOf(name), "absence")), 2)
      }
      const sizes = yield* Effect.forEach(cluster.nodes, (node) =>
        node.command("DBSIZE"))
      assert.isTrue(sizes.every((size) => Number(size) > 0), `${sizes}`)
      const page = yield* store.inventory({ limit: 100 })
      assert.deepStrictEqual(page.associations.map(({ domain }) => domain), names.map((name) => `${name}.example`))
      yield* store.forget(keyOf("domain-0"))
      assert.strictEqual((yield* store.inventory({ limit: 100 })).associations.length, names.length - 1)
      assert.strictEqual(client.state(), "closed")
      assert.deepStrictEqual(faults.counts, { ...faults.counts, timeout: 0, connection: 0, refused: 0, open: 0 })
    }), 120_000)
})

/** Writes and reads until both succeed, for 8 s. */
const works = (store: AssociationStore["Service"], name: string, left = 80): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* store.putAssociation(keyOf(name), association(keyOf(name)))
    if ((yield* store.get(keyOf(name))).association !== undefined) return
    assert.isAbove(left, 0, "not within 8 s")
    yield* Effect.sleep(100)
    yield* works(store, name, left - 1)
  })

describe("a master that dies is replaced, and the store follows", () => {
  it.live("sentinels", () =>
    Effect.gen(function*() {
      const { master, name, sentinelPorts } = yield* makeSentinel()
      const urls = sentinelPorts.map((port) => `redis://127.0.0.1:${port}`).join(",")
      const { client, store } = yield* connect(`${urls}?name=${name}`, { mode: "sentinel" })
      yield* works(store, "before")
      assert.strictEqual(yield* master.command("EXISTS", redisKey(keyOf("before"))), 1)
      yield* master.kill()
      yield* works(store, "after")
      assert.strictEqual(client.state(), "closed")
    }), 120_000)

  it.live("a cluster", () =>
    Effect.gen(function*() {
      const cluster = yield* makeRedisCluster({ replicas: 1 })
      const { client, store } = yield* connect(cluster.urls.join(","), { mode: "cluster", timeoutMs: 300 })
      yield* works(store, "before")
      const home = yield* cluster.masterOf(redisKey(keyOf("before")))
      yield* home.kill()
      yield* works(store, "before")
      assert.strictEqual(client.state(), "closed")
    }), 120_000)
})

describe("TLS and ACL users", () => {
  it.live(
    "a certificate of a root that we know, a user who may do what the guide says and no more",
    () =>
      Effect.gen(function*() {
        const ca = yield* rootCa()
        const server = yield* issue(ca, { dnsNames: ["localhost"] })
        const redis = yield* makeRedis({
          tls: { cert: server.pem, key: server.keyPem, ca: ca.pem },
          users: ["default off", `app ${rulesFor("p%40ss").join(" ")}`]
        })
        const url = `rediss://app:p%2540ss@localhost:${redis.port}`
        const stranger = yield* connect(url)
        assert.isTrue((yield* stranger.store.get(keyOf("a"))).away)

        const before = getCACertificates("default")
        yield* Effect.acquireRelease(
          Effect.sync(() => setDefaultCACertificates([...before, ca.pem])),
          () => Effect.sync(() => setDefaultCACertificates(before))
        )
        const { store, faults } = yield* connect(url, { timeoutMs: 500 })
        yield* works(store, "a")
        yield* store.putNegative(keyOf("a"), negative())
        assert.strictEqual((yield* store.inventory({ limit: 5 })).associations.length, 1)
        yield* store.forget(keyOf("a"))
        assert.deepStrictEqual(yield* redis.command("KEYS", "posh:v1:a*"), [])
        assert.isTrue(Object.values(faults.counts).every((count) => count === 0), JSON.stringify(faults.counts))
      }),
    120_000
  )
})
