/**
 * The memory that an untrusted document takes in Redis, through the service as a process.
 */
import { assert, it } from "@effect/vitest"
import type { Answer, Inventory } from "@posh/api"
import { Behave, jwkSetDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { started } from "../process/processes.ts"

const day = 86_400_000

it.live(
  "a certificate until 9999 and 168 KB of nothing take a few KB of Redis, for a week (CAC-05, CAC-22)",
  () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const certificate = yield* selfSigned({ notAfter: new Date("9999-12-31T23:59:59Z") })
      const { keys: [key] } = jwkSetDocument([certificate]) as {
        readonly keys: ReadonlyArray<{ readonly x5c: ReadonlyArray<string> }>
      }
      const above = (element: () => string) => ({
        keys: [{ ...key, x5c: [key!.x5c[0]!, ...Array.from({ length: 7 }, element)] }]
      })
      const documents = {
        "random.example": above(() => randomBytes(24_000).toString("base64")),
        "zeros.example": above(() => Buffer.alloc(24_000).toString("base64")),
        "repeated.example": above(() => key!.x5c[0]!)
      }
      const origins = yield* makeOrigins(
        Object.fromEntries(
          Object.entries(documents).map(([domain, document]) => [domain, {
            routes: {
              "/.well-known/posh._xmpp-server._tcp.json": Behave.json(document),
              "/.well-known/posh/xmpp-server.json": Behave.status(404)
            }
          }])
        )
      )
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "posh-strangers-"))),
        (name) => Effect.promise(() => rm(name, { recursive: true }))
      )
      yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), origins.caPem))
      const { port } = yield* started({
        POSH_REDIS_URL: redis.url,
        POSH_REDIS_TIMEOUT: "2s",
        POSH_CONNECT_TO: origins.connectTo,
        POSH_EXTRA_CA_FILE: join(folder, "ca.pem"),
        POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
      })
      for (const domain of Object.keys(documents)) {
        const answer = yield* Effect.promise(async () => {
          const response = await fetch(`http://127.0.0.1:${port}/v1/verify`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ domain, service: "xmpp-server", certificate: certificate.pem })
          })
          return await response.json() as Answer
        })
        assert.isTrue(answer.valid, JSON.stringify(answer))
        const name = `posh:v1:association:{${domain}}:xmpp-server:draft`
        assert.isBelow(Number(yield* redis.command("STRLEN", name)), 8_192, domain)
        assert.isAtMost(Number(yield* redis.command("PEXPIRETIME", name)), Date.now() + 7 * day, domain)
      }
      const { associations } = yield* Effect.promise(async () =>
        await (await fetch(`http://127.0.0.1:${port}/v1/associations`)).json() as Inventory
      )
      assert.deepStrictEqual(associations.map(({ expiresAt }) => expiresAt), Array(3).fill("9999-12-31T23:59:59Z"))
    }),
  120_000
)
