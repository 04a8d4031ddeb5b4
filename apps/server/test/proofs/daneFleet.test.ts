/**
 * DANE in a fleet as deployed: separate processes over one real Redis, a real resolver that validates, and a relay that counts
 * what is asked of it.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer, Inventory } from "@posh/api"
import { type Certificate, makeQueryCounter, makeRedis, makeUnbound, selfSigned } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { started } from "../process/processes.ts"

const keyOf = ({ der }: Certificate) =>
  hash("sha256", new X509Certificate(der).publicKey.export({ format: "der", type: "spki" }), "hex")

const domains = ["cold", "other", "third"]

const makeFleet = Effect.fnUntraced(function*(more: Readonly<Record<string, string>> = {}) {
  const certificate = yield* selfSigned()
  const unbound = yield* makeUnbound({
    zones: [
      {
        name: "example",
        records: [
          ...domains.map((name) => `_xmpp-server._tcp.${name} SRV 10 5 5269 host`),
          "host A 192.0.2.1",
          `_5269._tcp.host TLSA 3 1 1 ${keyOf(certificate)}`
        ].join("\n")
      },
      {
        name: "forged.example",
        records: "_xmpp-server._tcp SRV 10 5 5269 host.example.",
        forge: (text) => text.replaceAll("host.example.", "none.example.")
      }
    ]
  })
  const counter = yield* makeQueryCounter(unbound.port)
  const redis = yield* makeRedis()
  const env = {
    POSH_REDIS_URL: redis.url,
    POSH_REDIS_TIMEOUT: "2s", // these processes, the resolver and the askers share two cores
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_DNSSEC_RESOLVER: `dns://127.0.0.1:${counter.port}`,
    ...more
  }
  const replicas = yield* Effect.forEach([1, 2, 3], () => started(env), { concurrency: "unbounded" })
  const urls = replicas.map(({ port }) => `http://127.0.0.1:${port}`)
  const ask = (url: string, domain: string, changes: object = {}) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/v1/verify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          domain,
          service: "xmpp-server",
          certificate: certificate.pem,
          prooftypes: ["dane"],
          ...changes
        })
      })
      assert.strictEqual(response.status, 200)
      return await response.json() as Answer
    })
  const list = (url: string, query: string) =>
    Effect.promise(async () => await (await fetch(`${url}/v1/associations${query}`)).json() as Inventory)
  const purge = (url: string, domain: string) =>
    Effect.promise(() => fetch(`${url}/v1/associations/${domain}/xmpp-server`, { method: "DELETE" }))
  return { redis, counter, urls, ask, list, purge }
})

const resolutionOf = (domain: string) => [
  `_5269._tcp.host.example TLSA`,
  `_xmpp-server._tcp.${domain} SRV`,
  "host.example A",
  "host.example AAAA"
]

describe("DANE in a fleet over one Redis", () => {
  const secret = { POSH_CACHE_SECRET: "a secret of the whole fleet that is long enough" }
  it.live.each([["sealed", secret], ["plain", {}]] as const)(
    "PRF-28: three replicas asked 1,000 times at once about one cold domain: one resolution (%s)",
    ([, more]) =>
      Effect.gen(function*() {
        const { ask, counter, list, urls } = yield* makeFleet(more)
        counter.delay(100)
        const answers = yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, index) => urls[index % 3] ?? ""),
          (url) => ask(url, "cold.example"),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          [...new Set(answers.map(({ code, prooftype, valid }) => `${valid} ${code} ${prooftype}`))],
          ["true Verified dane"]
        )
        assert.deepStrictEqual(counter.queries().toSorted(), resolutionOf("cold.example"))

        // What cannot be trusted is no "no DANE" on any of them, and asked for once within its five seconds.
        counter.forget()
        for (const url of urls) {
          assert.deepInclude(yield* ask(url, "forged.example"), { valid: false, code: "DnssecBogus" })
        }
        assert.strictEqual(new Set(counter.queries()).size, counter.queries().length, counter.queries().join())

        const [, second = ""] = urls
        assert.deepStrictEqual(yield* list(second, ""), { associations: [] })
        const { lookups = [], ...page } = yield* list(second, "?source=tlsa")
        assert.deepStrictEqual(page, { associations: [] })
        assert.deepStrictEqual(
          lookups.map(({ domain, records, source, state }) => ({ domain, records, source, state })),
          [
            { domain: "forged.example", records: 0, source: "tlsa", state: "bogus" },
            { domain: "cold.example", records: 1, source: "tlsa", state: "records" }
          ]
        )
      }),
    180_000
  )

  it.live("PRF-28: what one forgot, all forget within 100 ms; a refresh reaches all", () =>
    Effect.gen(function*() {
      const { ask, counter, list, purge, urls: [a = "", b = "", c = ""] } = yield* makeFleet()
      for (const url of [a, b, c, a, b]) assert.isTrue((yield* ask(url, "cold.example")).valid)
      assert.strictEqual(counter.queries().length, 4)
      assert.strictEqual((yield* purge(a, "cold.example")).status, 204)
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual((yield* list(c, "?source=tlsa")).lookups, [])
      counter.forget()
      for (const url of [b, c, a]) assert.isTrue((yield* ask(url, "cold.example")).valid)
      assert.deepStrictEqual(counter.queries().toSorted(), resolutionOf("cold.example"))

      counter.forget()
      assert.isTrue((yield* ask(c, "cold.example", { refresh: true })).valid)
      for (const url of [b, a]) assert.isTrue((yield* ask(url, "cold.example")).valid)
      assert.deepStrictEqual(counter.queries().toSorted(), resolutionOf("cold.example"))
    }), 180_000)

  it.live("PRF-28: Redis killed in the middle: every answer comes, and is right", () =>
    Effect.gen(function*() {
      const { ask, counter, list, purge, redis, urls } = yield* makeFleet()
      assert.isTrue((yield* ask(urls[0] ?? "", "cold.example")).valid)
      counter.delay(300)
      const asked = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 90 }, (_, index) => [urls[index % 3] ?? "", domains[index % 2 + 1]] as const),
          ([url, name]) => ask(url, `${name}.example`),
          { concurrency: "unbounded" }
        )
      )
      yield* Effect.sleep("20 millis").pipe(Effect.repeat({ until: () => counter.queries().length > 4 }))
      yield* redis.kill()
      const answers = yield* Fiber.join(asked)
      assert.isTrue(answers.every(({ code }) => code === "Verified"), JSON.stringify(answers.map(({ code }) => code)))
      // From memory, or from DNS: never without DANE.
      counter.delay(0)
      for (const url of urls) assert.isTrue((yield* ask(url, "cold.example")).valid)
      for (const url of urls) assert.deepInclude(yield* ask(url, "forged.example"), { code: "DnssecBogus" })
      assert.isTrue((yield* list(urls[0] ?? "", "?source=tlsa")).partial)
      const response = yield* purge(urls[0] ?? "", "cold.example")
      assert.strictEqual(response.status, 202)
      assert.deepStrictEqual(yield* Effect.promise(() => response.json()), { pending: ["store", "announcement"] })

      yield* redis.restart()
      counter.forget()
      yield* Effect.sleep("100 millis").pipe(
        Effect.andThen(list(urls[0] ?? "", "?source=tlsa")),
        Effect.repeat({ until: ({ partial }) => partial !== true }),
        Effect.timeout("20 seconds")
      )
      for (const url of urls) assert.isTrue((yield* ask(url, "third.example")).valid)
    }), 180_000)
})
