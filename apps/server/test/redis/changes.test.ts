import { assert, describe, it } from "@effect/vitest"
import { makeNetwork, makeRedis, makeRedisCluster } from "@posh/testing"
import { Effect, Result } from "effect"
import { type AddressInfo, connect, createServer, type Server } from "node:net"
import { makeChanges } from "../../src/redis/Changes.ts"
import { makeRedisClient } from "../../src/redis/Client.ts"
import type { RedisSettings } from "../../src/redis/options.ts"
import { parseServers, type RedisMode } from "../../src/redis/Servers.ts"
import { keyOf } from "./things.ts"

const settingsFor = (urls: string, mode: RedisMode = "standalone"): RedisSettings => ({
  servers: Result.getOrThrow(parseServers(urls)),
  mode,
  timeoutMs: 1_000
})

/** A subscriber, and the events that it got. */
const listener = Effect.fnUntraced(function*(settings: RedisSettings) {
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
        const { heard } = yield* listener(settingsFor(`redis://127.0.0.1:${network.port}`))
        yield* until("the channel stands", () => heard.at(-1) === "back")

        yield* network[lose]()
        yield* until("it is noticed", () => heard.includes("lost"))
        yield* network[find]()
        yield* until("it is found again", () => heard.at(-1) === "back")

        const speaker = yield* listener(settingsFor(redis.url))
        yield* speaker.changes.announce(keyOf("orchard"))
        yield* until("it hears", () => heard.at(-1) === keyOf("orchard").text)
        assert.deepStrictEqual(heard.slice(-4), ["back", "lost", "back", keyOf("orchard").text])
      }), 40_000)
  }
})

/** A proxy in front of a Redis that closes the connection instead of forwarding the next `times` subscriptions. */
const subscriptionCutter = (redisPort: number) =>
  Effect.acquireRelease(
    Effect.callback<
      {
        readonly server: Server
        readonly port: number
        readonly cut: (times: number) => void
        readonly left: () => number
      }
    >(
      (resume) => {
        const state = { left: 0 }
        const server = createServer((near) => {
          const far = connect(redisPort, "127.0.0.1")
          near.on("data", (octets) => {
            if (state.left === 0 || !/subscribe/i.test(String(octets))) return void far.write(octets)
            state.left -= 1
            near.destroy()
          })
          far.on("data", (octets) => near.write(octets))
          for (const [socket, other] of [[near, far], [far, near]] as const) {
            socket.on("error", () => other.destroy()).on("close", () => other.destroy())
          }
        }).listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          const cut = (times: number) => void (state.left = times)
          resume(Effect.succeed({ server, port, cut, left: () => state.left }))
        })
      }
    ),
    ({ server }) => Effect.sync(() => server.close())
  )

describe("a connection that ends while it subscribes anew", () => {
  it.live("is tried again, and no failure goes unheard, which would end the process", () =>
    Effect.gen(function*() {
      const unheard: Array<unknown> = []
      const onUnheard = (reason: unknown) => void unheard.push(reason)
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("unhandledRejection", onUnheard)),
        () => Effect.sync(() => process.off("unhandledRejection", onUnheard))
      )
      const redis = yield* makeRedis()
      const cutter = yield* subscriptionCutter(redis.port)
      const { heard } = yield* listener(settingsFor(`redis://127.0.0.1:${cutter.port}`))
      yield* until("the channel stands", () => heard.at(-1) === "back")
      cutter.cut(3)
      yield* redis.command("CLIENT", "KILL", "TYPE", "pubsub")
      yield* until("it was cut again and again", () => cutter.left() === 0)
      yield* until("the channel stands again", () => heard.at(-1) === "back")
      assert.deepStrictEqual(unheard, [])
    }), 40_000)
})

describe("a change that Redis does not take", () => {
  it.live("is announced when it does", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { changes } = yield* listener(settingsFor(redis.url))
      const { heard } = yield* listener(settingsFor(redis.url))
      yield* until("the channel stands", () => heard.at(-1) === "back")
      yield* redis.command("ACL", "SETUSER", "default", "-publish")
      yield* changes.announce(keyOf("orchard"))
      yield* redis.command("ACL", "SETUSER", "default", "+publish")
      yield* until("it is heard", () => heard.at(-1) === keyOf("orchard").text)
      yield* Effect.sleep("1500 millis")
      // A heartbeat may have been refused meanwhile too.
      assert.deepStrictEqual(heard.filter((event) => !/^(lost|back)$/.test(event)), [keyOf("orchard").text])
    }), 40_000)
})

describe("a channel of changes in a cluster", () => {
  it.live(
    "is heard from every node, and its loss is noticed although another node takes over at once",
    () =>
      Effect.gen(function*() {
        const { nodes, urls } = yield* makeRedisCluster()
        const { changes, heard } = yield* listener(settingsFor(urls.join(","), "cluster"))
        const others = yield* Effect.forEach(urls, (url) => listener(settingsFor(url)))
        yield* until(
          "the channels stand",
          () => [heard, ...others.map((other) => other.heard)].every((each) => each.at(-1) === "back")
        )
        yield* changes.announce(keyOf("orchard"))
        yield* until("all nodes tell", () => others.every((other) => other.heard.at(-1) === keyOf("orchard").text))

        for (const node of nodes) yield* node.command("CLIENT", "KILL", "TYPE", "pubsub")
        yield* until("it is noticed, and found again", () => heard.join() === "back,lost,back")
      }),
    40_000
  )
})
