/** A small Redis with the eviction policy of the deployment, and an attacker whose entries are large and long-lived. */
import { makeRedis, type RedisServer } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { toBody } from "../question.ts"
import { knownAnswers } from "./answers.ts"
import { purge } from "./fleet.ts"
import { request } from "./request.ts"
import type { StandardScenario, Testbed } from "./Scenario.ts"

const compose = new URL("../../../../docker/compose.yaml", import.meta.url)

/** The eviction settings of docker/compose.yaml, except the size. */
const eviction = (): ReadonlyArray<readonly [name: string, value: string]> => {
  const found = [...readFileSync(compose, "utf8").matchAll(/^\s*(maxmemory-\S+) (\S+)$/gm)]
  const settings = found.map(([, name = "", value = ""]) => [name, value] as const)
  if (!settings.some(([name]) => name === "maxmemory-policy")) throw new Error("compose.yaml names no maxmemory-policy")
  return settings
}

const maxmemory = "16mb"
/** Entries of the attacker: together one and a half times `maxmemory`. */
const hoarded = 120
/** Further entries of the attacker while the others are checked. */
const later = 40
/** Entries of others, purges of them, and flights. */
const kept = 50
const purged = 20
const flights = 20
/** Minimum share of each: while the circuit breaker is open, nothing is written to Redis. */
const tolerance = 0.9

const names = (site: string, count: number, kind = "modern") =>
  Array.from({ length: count }, (_, index) => `${kind}-${index}.${site}.example`)

const ask = ({ fleet, world }: Testbed, domain: string, replica: number) =>
  request(fleet.ports[replica] ?? 0, "POST", "/v1/verify", toBody(domain, world.certificates[0]!))

const askAll = (testbed: Testbed, domains: ReadonlyArray<string>) =>
  Effect.forEach(domains, (domain, index) => ask(testbed, domain, index % 2), { concurrency: 4, discard: true })

const count = (redis: RedisServer, pattern: string): Effect.Effect<number> =>
  Effect.map(Effect.orDie(redis.command("KEYS", pattern)), (reply) => Array.isArray(reply) ? reply.length : 0)

export const volatileMemory: StandardScenario = {
  name: "volatile memory",
  what:
    `\`maxmemory\` of ${maxmemory} with the policy of docker/compose.yaml, and a stranger who makes the fleet remember ` +
    `${
      hoarded + later
    } certificates until the year 9999, each with 168 KB above it, of noise or of CAs that are sound. What others learn stays in Redis, ` +
    "as do fences and flights",
  needsRepair: true,
  setUp: Effect.gen(function*() {
    const redis = yield* makeRedis({ maxmemory })
    for (const [name, value] of eviction()) yield* Effect.orDie(redis.command("CONFIG", "SET", name, value))
    return {
      // Long, because eviction is tested here, and not the latency of Redis on a busy machine.
      env: { POSH_REDIS_URL: redis.url, POSH_REDIS_TIMEOUT: "2s" },
      servers: [redis],
      break: (testbed) =>
        Effect.andThen(askAll(testbed, names("kept", kept)), askAll(testbed, names("hoarder", hoarded, "hoard"))),
      repair: () => Effect.void,
      check: (testbed) => findFaults(testbed, redis)
    }
  })
}

const findFaults = Effect.fnUntraced(function*(testbed: Testbed, redis: RedisServer) {
  const { fleet, world } = testbed
  const remembered = yield* count(redis, "posh:v1:association:{modern-*.kept.example}*")
  const purging = names("kept", purged)
  yield* Effect.forEach(purging, (domain, index) => purge(fleet.ports[index % 2] ?? 0, domain), { discard: true })
  const hoarding = yield* Effect.forkChild(askAll(testbed, names("another-hoarder", later, "hoard")))
  const asked = yield* Effect.forEach(
    names("flight", flights),
    (domain) => Effect.all([ask(testbed, domain, 0), ask(testbed, domain, 1)], { concurrency: 2 }),
    { concurrency: 2 }
  )
  yield* Fiber.join(hoarding)
  const fences = yield* count(redis, "posh:v1:fence:{modern-*.kept.example}*:rfc7711")
  const single = names("flight", flights).filter((domain) => world.origins.countOf(domain) === 1).length
  const verified = asked.flat().filter(({ body, status }) => status === 200 && isVerified(body)).length
  return [
    ...atLeast("entries of others in Redis", remembered, kept),
    ...atLeast("fences of purges", fences, purged),
    ...atLeast("domains asked once for both replicas", single, flights),
    ...(verified === 2 * flights ? [] : [`${verified} of ${2 * flights} answers were \`Verified\``])
  ]
})

const isVerified = (body: string) => {
  const { code, verdict } = JSON.parse(body)
  return `${verdict} ${code}` === knownAnswers.verified
}

const atLeast = (what: string, found: number, of: number) =>
  found >= of * tolerance ? [] : [`${what}: ${found} of ${of}`]
