/**
 * Redis fails, is slow or comes back empty, while the service runs as separate processes and origins fail too.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer, PendingPurge, Ready } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { started } from "../process/processes.ts"

const path = "/.well-known/posh/xmpp-server.json"
const domains = Array.from({ length: 30 }, (_, index) => `tenant-${index}.example`)

const makeFleet = Effect.fnUntraced(function*(size: number, timeout = "1s") {
  const redis = yield* makeRedis()
  const certificate = yield* selfSigned()
  const document = fingerprintsDocument([certificate], { expires: 86_400 })
  const origins = yield* makeOrigins(
    Object.fromEntries(domains.map((domain) => [domain, { routes: { [path]: Behave.json(document) } }]))
  )
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-outage-"))),
    (name) => Effect.promise(() => rm(name, { recursive: true }))
  )
  yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), origins.caPem))
  const replicas = yield* Effect.forEach(Array.from({ length: size }), () =>
    started({
      POSH_REDIS_URL: redis.url,
      POSH_REDIS_TIMEOUT: timeout,
      POSH_CACHE_SECRET: "a secret of the whole fleet that is long enough",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: join(folder, "ca.pem"),
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
    }))
  const urls = replicas.map(({ port }) => `http://127.0.0.1:${port}`)
  const ask = (url: string, domain: string) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/v1/verify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ domain, service: "xmpp-server", certificate: certificate.pem })
      })
      return await response.json() as Answer
    })
  const askAll = (url: string) =>
    Effect.map(
      Effect.forEach(domains, (domain) => ask(url, domain), { concurrency: 4 }),
      (answers) => answers.map(({ cache, code }) => `${code} ${cache}`)
    )
  const isReady = (url: string) =>
    Effect.promise(async () => (await (await fetch(`${url}/health/ready`)).json() as Ready).status === "ready")
  const purge = (url: string, domain: string) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/v1/associations/${domain}/xmpp-server`, { method: "DELETE" })
      return {
        status: response.status,
        body: response.status === 202 ? await response.json() as PendingPurge : undefined
      }
    })
  const fail = Effect.sync(() => domains.forEach((domain) => origins.setRoute(domain, path, Behave.status(503))))
  return { redis, origins, urls, ask, askAll, isReady, purge, fail, document }
})

/** Polls until the check succeeds, for 30 s. */
const eventually = (check: Effect.Effect<boolean>) =>
  check.pipe(Effect.delay("100 millis"), Effect.repeat({ until: (is) => is }), Effect.timeout("30 seconds"))

describe("an outage of Redis while origins fail", () => {
  it.live(
    "takes nothing away that a replica knew, nor does a Redis that comes back empty",
    () =>
      Effect.gen(function*() {
        const { askAll, fail, isReady, origins, redis, urls: [url = ""] } = yield* makeFleet(1)
        const all = (text: string) => domains.map(() => text)
        assert.deepStrictEqual(yield* askAll(url), all("Verified miss"))
        yield* fail
        const counts = () => domains.map((domain) => origins.countOf(domain))
        const before = counts()

        yield* redis.kill()
        yield* Effect.sleep("500 millis")
        assert.deepStrictEqual(yield* askAll(url), all("Verified memory"), "gone")

        yield* redis.restart()
        yield* eventually(isReady(url))
        yield* Effect.sleep("1500 millis") // the channel is probed every second
        assert.deepStrictEqual(yield* askAll(url), all("Verified memory"), "back, and empty")
        assert.deepStrictEqual(yield* askAll(url), all("Verified memory"), "checked")

        yield* redis.pause()
        assert.deepStrictEqual(yield* askAll(url), all("Verified memory"), "slow")
        yield* redis.resume()
        yield* eventually(isReady(url))
        assert.deepStrictEqual(yield* askAll(url), all("Verified memory"), "back, with what it had")
        assert.deepStrictEqual(counts(), before, "no origin was asked")
      }),
    90_000
  )
})

describe("a purge in an outage", () => {
  const outages = {
    paused: { begin: "pause", end: "resume" },
    "restarted empty": { begin: "kill", end: "restart" }
  } as const
  for (const [name, { begin, end }] of Object.entries(outages)) {
    it.live(
      `${name}: is answered with what is pending, and reaches the others afterwards`,
      () =>
        Effect.gen(function*() {
          const { ask, isReady, origins, purge, redis, urls: [a = "", b = ""] } = yield* makeFleet(2, "200ms")
          const [first = "", second = ""] = domains
          assert.deepStrictEqual(yield* purge(a, first), { status: 204, body: undefined })
          for (const url of [a, b]) yield* ask(url, first)
          for (const url of [a, b]) yield* ask(url, second)
          const before = origins.countOf(first)

          yield* redis[begin]()
          yield* Effect.sleep("300 millis")
          assert.deepStrictEqual(yield* purge(a, first), { status: 202, body: { pending: ["store", "announcement"] } })
          yield* redis[end]()
          yield* eventually(Effect.zipWith(isReady(a), isReady(b), (one, other) => one && other))
          // B missed the change message, and revalidates its entry.
          yield* eventually(Effect.as(ask(b, first), true).pipe(Effect.map(() => origins.countOf(first) > before)))
          assert.strictEqual((yield* ask(b, second)).code, "Verified")
          yield* eventually(Effect.map(purge(a, first), ({ status }) => status === 204))
        }),
      90_000
    )
  }
})
