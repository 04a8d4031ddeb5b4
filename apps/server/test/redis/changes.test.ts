import { assert, describe, it } from "@effect/vitest"
import { makeNetwork, makeRedis } from "@posh/testing"
import { Effect, Result } from "effect"
import { makeChanges } from "../../src/redis/Changes.ts"
import { makeRedisClient } from "../../src/redis/Client.ts"
import type { RedisSettings } from "../../src/redis/options.ts"
import { parseServers } from "../../src/redis/Servers.ts"
import { keyOf } from "./things.ts"

const settingsFor = (port: number): RedisSettings => ({
  servers: Result.getOrThrow(parseServers(`redis://127.0.0.1:${port}`)),
  mode: "standalone",
  timeoutMs: 1_000
})

/** A process that listens, and what it has heard. */
const listener = Effect.fnUntraced(function*(port: number) {
  const settings = settingsFor(port)
  const client = yield* makeRedisClient(settings)
  const changes = yield* makeChanges(settings, client, "posh:")
  const heard: Array<string> = []
  yield* changes.listen({
    changed: (keyText) => void heard.push(keyText),
    lost: () => void heard.push("lost"),
    back: () => void heard.push("back")
  })
  return { changes, heard }
})

const until = (what: string, check: () => boolean) =>
  Effect.sleep("20 millis").pipe(
    Effect.repeat({ until: check }),
    Effect.timeout("15 seconds"),
    Effect.mapError(() => new Error(`not within 15 s: ${what}`))
  )

describe("a channel of changes that the network loses without a word", () => {
  const losses = {
    "half-open": { lose: "forget", find: "thaw" },
    "a black hole": { lose: "freeze", find: "thaw" }
  } as const
  for (const [name, { find, lose }] of Object.entries(losses)) {
    it.live(`${name}: is noticed, and found again`, () =>
      Effect.gen(function*() {
        const redis = yield* makeRedis()
        const network = yield* makeNetwork(redis.port)
        const { heard } = yield* listener(network.port)
        yield* until("the channel stands", () => heard.at(-1) === "back")

        yield* network[lose]()
        yield* until("it is noticed", () => heard.includes("lost"))
        yield* network[find]()
        yield* until("it is found again", () => heard.at(-1) === "back")

        const speaker = yield* listener(redis.port)
        yield* speaker.changes.announce(keyOf("orchard"))
        yield* until("it hears", () => heard.at(-1) === keyOf("orchard").text)
        assert.deepStrictEqual(heard.slice(-4), ["back", "lost", "back", keyOf("orchard").text])
      }), 40_000)
  }
})
