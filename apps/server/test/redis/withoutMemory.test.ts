/** A replica that keeps nothing in its memory: every answer is that of Redis, by the fast lane as by the router. */
import { assert, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { started } from "../process/processes.ts"

const path = "/.well-known/posh/xmpp-server.json"

it.live("answers from Redis alone, reads it once for a question, and goes on without it", () =>
  Effect.gen(function*() {
    const redis = yield* makeRedis()
    const certificate = yield* selfSigned()
    const other = yield* selfSigned()
    const origins = yield* makeOrigins({
      "hosted.example": { routes: { [path]: Behave.json(fingerprintsDocument([certificate], { expires: 3_600 })) } },
      "none.example": { routes: { [path]: Behave.status(404) } }
    })
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "posh-without-memory-"))),
      (name) => Effect.promise(() => rm(name, { recursive: true }))
    )
    yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), origins.caPem))
    const { port } = yield* started({
      POSH_REDIS_URL: redis.url,
      POSH_REDIS_TIMEOUT: "2s",
      POSH_CACHE_ENTRIES: "0",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: join(folder, "ca.pem"),
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
    })
    const ask = (domain: string, pem: string, lane: "fast" | "router") =>
      Effect.promise(() => verify(port, JSON.stringify({ domain, service: "xmpp-server", certificate: pem }), lane))
    const reads = Effect.map(
      redis.command("INFO", "commandstats"),
      (stats) => Number(/cmdstat_mget:calls=(\d+)/.exec(String(stats))?.[1] ?? 0)
    )

    const rows = [
      ["hosted.example", certificate.pem, "Verified"],
      ["none.example", certificate.pem, "NotPublished"],
      ["hosted.example", other.pem, "CertificateMismatch"]
    ] as const
    for (const [domain, pem, code] of rows) {
      assert.strictEqual((yield* ask(domain, pem, "fast")).code, code, "first")
      const [fast, router] = [yield* ask(domain, pem, "fast"), yield* ask(domain, pem, "router")]
      assert.strictEqual(fast.code, code)
      const { id: _i, retryAfterMs: _r, ttl: _t, ...facts } = fast
      const { id: _j, retryAfterMs: _s, ttl: _u, ...same } = router
      assert.deepStrictEqual(facts, same, `${domain}: both lanes`)
    }
    assert.strictEqual((yield* ask("hosted.example", certificate.pem, "fast")).cache, "redis")

    const before = yield* reads
    for (let index = 0; index < 20; index += 1) yield* ask("hosted.example", certificate.pem, "fast")
    assert.strictEqual((yield* reads) - before, 20, "once for each question")

    yield* redis.kill()
    const alone = yield* ask("hosted.example", certificate.pem, "fast")
    assert.deepStrictEqual([alone.code, alone.cache], ["Verified", "miss"])
  }))

/** The router takes what has no length. */
const verify = (port: number, body: string, lane: "fast" | "router"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        port,
        method: "POST",
        path: "/v1/verify",
        headers: {
          "content-type": "application/json",
          ...(lane === "fast" ? { "content-length": Buffer.byteLength(body) } : {})
        }
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Answer))
      }
    )
    asked.on("error", reject)
    asked.write(body)
    asked.end()
  })
