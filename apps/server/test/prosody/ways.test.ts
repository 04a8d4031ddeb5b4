/** The ways of a Prosody server to the service, and to the other server. */
import { assert, layer } from "@effect/vitest"
import { unresponsiveListener } from "@posh/testing"
import { Context, Effect, Fiber, Layer } from "effect"
import { silentOrigin } from "../process/processes.ts"
import { close, configured, gone } from "./exchange.ts"
import { leafOf } from "./Front.ts"
import { held, isRefused, passes } from "./steps.ts"
import { type Domain, LEFT, makeWorld, MODULE, type World as Made } from "./world.ts"

const domains: ReadonlyArray<Domain> = [
  { name: "way.example" },
  { name: "second.example" },
  { name: "direct.example", directTls: true },
  { name: "direct-stranger.example", directTls: true, publishes: "stranger" },
  { name: "chained.example", presents: "chained" },
  { name: "leaves.example" },
  { name: "refused.example", publishes: "nothing", conduct: ({ response }) => response.destroy() },
  { name: "start.example" }
]

class World extends Context.Service<World, Made>()("posh/server/test/prosody/Ways") {
  static readonly layer = Layer.effect(World, makeWorld(domains, {}))
}

layer(World.layer, { excludeTestServices: true, timeout: 120_000 })("ways of a Prosody server", (it) => {
  const endless = [
    ["whose name DNS never tells", Effect.succeed("https://silent.example")],
    ["whose machine does not answer", Effect.map(unresponsiveListener(), (port) => `https://127.0.0.1:${port}`)],
    ["that accepts and never begins TLS", Effect.map(silentOrigin, ({ port }) => `https://127.0.0.1:${port}`)]
  ] as const
  it.effect.each(endless)("a service %s", ([, url]) =>
    Effect.gen(function*() {
      const world = yield* World
      world.dns.set("silent.example", { silent: true })
      const options = { posh_verifier_url: yield* url, posh_verifier_timeout: 1 }
      const arrived = yield* configured(world, options, isRefused(world, "way.example", /^timeout: /))
      assert.deepStrictEqual(arrived, { out: 0, in: 0 })
    }).pipe(Effect.scoped))

  it.effect("of two services, the one that answers", () =>
    Effect.gen(function*() {
      const world = yield* World
      const alive = `https://verifier.example:${world.front.port}`
      for (const dead of ["https://verifier.example:2", "https://nowhere.example"]) {
        const before = world.front.countOf("second.example")
        yield* configured(world, { posh_verifier_url: [dead, alive] }, passes(world, "second.example"))
        assert.isAbove(world.front.countOf("second.example"), before)
        yield* close(world, "second.example")
      }
    }))

  it.effect("direct TLS", () =>
    Effect.gen(function*() {
      const world = yield* World
      yield* passes(world, "direct.example")
      const arrived = yield* isRefused(world, "direct-stranger.example", /^CertificateMismatch: /)
      assert.deepStrictEqual(arrived, { out: 0, in: 0 })
    }))

  it.effect("the whole chain is asked about, in both directions, the leaf first", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { front } = world
      const { chained } = world.certificates
      yield* configured(world, { posh_verifier_cache_entries: 0 }, passes(world, "chained.example"))
      yield* close(world, "chained.example")
      // Alone, so that neither direction joins the other's question.
      yield* Effect.promise(() => world.left.control.ping(LEFT, "chained.example"))
      const asked = front.questions.filter(({ domain }) => domain === "chained.example")
      assert.isAtLeast(asked.length, 2)
      for (const question of asked) {
        const [leaf, issuer, ...more] = (question.chain ?? []).map((one) =>
          leafOf({ ...question, chain: [one] })?.subject
        )
        assert.deepStrictEqual([leaf, issuer, more], ["CN=hosting.example", "CN=Intermediate", []])
        assert.deepStrictEqual(leafOf(question)?.raw, Buffer.from(chained.der))
      }
    }))

  it.effect("a server that leaves while it is asked about", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { arrived, letGo } = held(world, "leaves.example")
      const pinging = yield* Effect.forkChild(
        Effect.promise(() => world.right.control.ping("leaves.example", LEFT))
      )
      yield* arrived
      yield* Effect.promise(() => world.right.control.close("leaves.example", LEFT))
      assert.isFalse((yield* Fiber.join(pinging)).ok)
      yield* letGo
      yield* gone(world, "leaves.example")
      yield* passes(world, "leaves.example")
    }))

  it.effect("streams that are refused leave nothing behind", () =>
    Effect.gen(function*() {
      const { left } = yield* World
      const refuse = Effect.promise(async () => {
        for (let count = 0; count < 25; count += 1) {
          assert.isFalse((await left.control.ping(LEFT, "refused.example")).ok)
        }
        return left.control.heap()
      })
      const before = yield* refuse
      // A closed connection that Prosody keeps, with its timer, is 2 KiB.
      assert.isBelow((yield* refuse) - before, 25 * 512)
    }))

  it.effect("a module that is loaded with options that cannot be used lets nobody in", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { control } = world.left
      yield* Effect.promise(() => control.unload(MODULE))
      const loaded = Effect.andThen(
        Effect.promise(() => control.load(MODULE)),
        isRefused(world, "start.example", /^closed: /)
      )
      assert.deepStrictEqual(yield* configured(world, { posh_verifier_url: "?" }, loaded), { out: 0, in: 0 })
      yield* passes(world, "start.example")
    }))

  it.effect("nothing raised", () =>
    Effect.gen(function*() {
      const { left, right } = yield* World
      for (const { log } of [left, right]) {
        assert.notMatch(yield* log, /traceback|top-level error|an error in the module|internal: /i)
      }
    }))
})
