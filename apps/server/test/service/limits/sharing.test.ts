/** Limits across replicas: two processes and a real Redis. */
import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { makeRedis, serviceEntry } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

const main = serviceEntry()

const startReplica = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<{ readonly child: ChildProcess; readonly url: string }>((resolve, reject) => {
        const child = spawn(process.execPath, [main], {
          env: {
            POSH_PORT: "0",
            POSH_GRPC_PORT: "off",
            POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
            POSH_CONNECT_TO: ":443=127.0.0.1:2", // nothing listens there
            ...env
          }
        })
        let output = ""
        child.stdout.on("data", (chunk) => {
          output += String(chunk)
          const url = /listening on (http:\/\/[^ "]+)/.exec(output)?.[1]
          if (url !== undefined) resolve({ child, url })
        })
        child.once("close", () => reject(new Error(`the service did not start: ${output}`)))
      })
    ),
    ({ child }) =>
      Effect.promise(() => {
        const ended = once(child, "close")
        child.kill("SIGTERM")
        return ended
      })
  )

let serial = 0
/** Asks about a new domain, which costs a resolution. */
const ask = (url: string) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}/v1/verify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        domain: `d${(serial += 1)}.example`,
        service: "xmpp-server",
        fingerprint: { "sha-256": "0".repeat(64) },
        generations: "rfc-only"
      })
    })
    const body = await response.json() as Partial<Answer>
    if (response.status === 200) assert.strictEqual(body.code, "ConnectionRefused")
    return response.status
  })

/** Asks sequentially; counts the answers. */
const answered = (url: string, questions: number) =>
  Effect.map(
    Effect.forEach(Array.from({ length: questions }), () => ask(url)),
    (statuses) => {
      assert.includeMembers([200, 429], statuses)
      return statuses.filter((status) => status === 200).length
    }
  )

/** The limit refills by one per second, so the elapsed time is subtracted. */
const perMinute = 60
const env = { POSH_CALLER_RESOLUTIONS: String(perMinute) }

describe("a limit that two replicas share", () => {
  it.live("what one replica grants, the other does not grant again", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const shared = { ...env, POSH_REDIS_URL: redis.url, POSH_REDIS_TIMEOUT: "2s" }
      const [a, b] = yield* Effect.all([startReplica(shared), startReplica(shared)], { concurrency: 2 })
      const startedAt = performance.now()
      const first = yield* answered(a.url, 40)
      assert.strictEqual(first, 40)
      // After a pause a replica reconciles with its first question; what it grants until then is in excess.
      const second = yield* answered(b.url, 1)
      yield* Effect.sleep("1 second")
      const third = yield* answered(b.url, 60)
      yield* Effect.sleep("1 second")
      const fourth = yield* answered(a.url, 1)
      yield* Effect.sleep("1 second")
      const total = first + second + third + fourth + (yield* answered(a.url, 60))
      const refilled = (performance.now() - startedAt) / 1_000
      assert.isAtLeast(total, perMinute - 1)
      assert.isAtMost(total, perMinute + refilled + 5)

      const keys = (yield* redis.command("KEYS", "posh:v1:quota:*")) as ReadonlyArray<string>
      assert.lengthOf(keys, 1)
      assert.match(keys[0] ?? "", /^posh:v1:quota:\{[\w-]{22}\}:resolutions$/)
      const ttl = Number(yield* redis.command("PTTL", keys[0] ?? ""))
      assert.isAbove(ttl, 0)
      assert.isAtMost(ttl, 80_000)
    }), 120_000)

  it.live("without Redis each replica grants the whole limit, and no answer is lost", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const shared = { ...env, POSH_REDIS_URL: redis.url, POSH_REDIS_TIMEOUT: "2s" }
      const [a, b] = yield* Effect.all([startReplica(shared), startReplica(shared)], { concurrency: 2 })
      yield* redis.kill()
      assert.isAtLeast(yield* answered(a.url, 60), 60)
      assert.isAtLeast(yield* answered(b.url, 60), 60)
      const more = yield* answered(b.url, 60)
      assert.isBelow(more, 40)
    }), 120_000)
})
