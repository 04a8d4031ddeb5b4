/** The service, its key and the module change beside two Prosody servers. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { writeFile } from "node:fs/promises"
import { lastLineAbout } from "./exchange.ts"
import { away, held, isRefused, passes } from "./steps.ts"
import { type Domain, LEFT, makeWorld, MODULE, type World as Made } from "./world.ts"

/** A domain for each test. */
const domains: ReadonlyArray<Domain> = [
  { name: "away.example" },
  { name: "middle.example" },
  { name: "foreign-tls.example" },
  { name: "key.example" },
  { name: "reload.example" },
  { name: "reconfigured.example" },
  { name: "unloaded.example" }
]

class World extends Context.Service<World, Made>()("posh/server/test/prosody/Changes") {
  static readonly layer = Layer.effect(World, makeWorld(domains, { posh_verifier_timeout: 10 }))
}

layer(World.layer, { excludeTestServices: true, timeout: 120_000 })(
  "The service, its key and the module change beside two Prosody servers",
  (it) => {
    it.effect("a service that is away, and comes back", () =>
      Effect.gen(function*() {
        const world = yield* World
        const arrived = yield* away(world, isRefused(world, "away.example", /unreachable: /))
        assert.deepStrictEqual(arrived, { out: 0, in: 0 })
        yield* passes(world, "away.example")
      }))

    it.effect("a service that restarts while it is asked", () =>
      Effect.gen(function*() {
        const world = yield* World
        const { arrived, letGo } = held(world, "middle.example")
        const refusing = yield* Effect.forkChild(isRefused(world, "middle.example", /unreachable: /))
        yield* arrived
        assert.deepStrictEqual(yield* away(world, Fiber.join(refusing)), { out: 0, in: 0 })
        yield* letGo
        yield* passes(world, "middle.example")
      }))

    it.effect("a service whose certificate another CA signed", () =>
      Effect.gen(function*() {
        const world = yield* World
        const { certificates: { foreignVerifier, verifier }, front } = world
        const before = front.questions.length
        front.present(foreignVerifier)
        yield* isRefused(world, "foreign-tls.example", /tls: /)
        assert.strictEqual(front.questions.length, before) // neither question nor key went there
        front.present(verifier)
        yield* passes(world, "foreign-tls.example")
      }))

    it.effect("a key that the service does not know, none, and a new one", () =>
      Effect.gen(function*() {
        const world = yield* World
        const write = (text: string) => Effect.promise(() => writeFile(world.keyFile, text))
        yield* write("another-key-than-the-service-has\n")
        yield* isRefused(world, "key.example", /status: HTTP status 401, Unauthorized/)
        yield* write("")
        const before = world.front.questions.length
        yield* isRefused(world, "key.example", /key: /)
        assert.strictEqual(world.front.questions.length, before)
        yield* write(`${world.key}\n`)
        yield* passes(world, "key.example")
        assert.notInclude(yield* world.left.log, world.key)
      }))

    const changes = [
      ["reloaded", "reload.example", ({ left }: Made) => left.control.reload(MODULE)],
      ["unloaded", "unloaded.example", ({ left }: Made) => left.control.unload(MODULE)]
    ] as const
    it.effect.each(changes)(
      "the module is %s while a question is under way",
      ([what, domain, change]) =>
        Effect.gen(function*() {
          const world = yield* World
          const { arrived, letGo } = held(world, domain)
          const asking = yield* Effect.forkChild(Effect.promise(() => world.left.control.ping(LEFT, domain)))
          yield* arrived
          assert.deepStrictEqual(yield* Effect.promise(() => change(world)), { ok: true })
          yield* letGo
          assert.isFalse((yield* Fiber.join(asking)).ok)
          assert.match(yield* lastLineAbout(world, domain), /^unloaded: /)
          if (what === "unloaded") yield* Effect.promise(() => world.left.control.load(MODULE))
          yield* passes(world, domain)
        })
    )

    it.effect("the configuration is read again while a question is under way", () =>
      Effect.gen(function*() {
        const world = yield* World
        const { arrived, letGo } = held(world, "reconfigured.example")
        const passing = yield* Effect.forkChild(passes(world, "reconfigured.example"))
        yield* arrived
        yield* Effect.promise(() => world.left.control.configure({ posh_verifier_cache_entries: 100 }))
        yield* letGo
        yield* Fiber.join(passing)
      }))
  }
)
