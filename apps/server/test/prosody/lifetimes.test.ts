/** Answers and streams last as long as the service says. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { until } from "../process/processes.ts"
import { close, gone, lastLineAbout, linesAbout } from "./exchange.ts"
import { send } from "./Front.ts"
import { inSeconds, isRefused, passes } from "./steps.ts"
import { type Domain, LEFT, makeWorld, type World as Made } from "./world.ts"

/** A domain for each test. */
const domains: ReadonlyArray<Domain> = [
  { name: "memory.example" },
  { name: "short.example" },
  { name: "undecided.example" },
  { name: "together.example" },
  { name: "withdrawn.example" },
  { name: "silent-again.example" }
]

class World extends Context.Service<World, Made>()("posh/server/test/prosody/Lifetimes") {
  static readonly layer = Layer.effect(World, makeWorld(domains, { posh_verifier_timeout: 10 }))
}

layer(World.layer, { excludeTestServices: true, timeout: 120_000 })(
  "Answers and streams last as long as the service says",
  (it) => {
    it.effect("an answer is remembered for as long as it allows", () =>
      Effect.gen(function*() {
        const world = yield* World
        yield* passes(world, "memory.example")
        const asked = world.front.countOf("memory.example")
        yield* close(world, "memory.example")
        yield* passes(world, "memory.example")
        assert.strictEqual(world.front.countOf("memory.example"), asked)
        assert.match(yield* lastLineAbout(world, "memory.example"), /\[memory, /)

        world.front.conducts.set("short.example", ({ response, yes }) => send(response, 200, yes({ ttl: 1 })))
        yield* passes(world, "short.example")
        const once = world.front.countOf("short.example")
        yield* close(world, "short.example").pipe(
          Effect.andThen(passes(world, "short.example")),
          Effect.repeat({ until: () => world.front.countOf("short.example") > once }),
          Effect.timeout(20_000)
        )
      }))

    it.effect("an undecided question is asked again", () =>
      Effect.gen(function*() {
        const world = yield* World
        world.front.conducts.set(
          "undecided.example",
          ({ response, yes }) =>
            send(response, 200, yes({ valid: false, verdict: "indeterminate", code: "OriginUnreachable", ttl: 3_600 }))
        )
        yield* isRefused(world, "undecided.example", /^OriginUnreachable: .*, indeterminate, /)
        const asked = world.front.countOf("undecided.example")
        yield* isRefused(world, "undecided.example", /^OriginUnreachable: .*, indeterminate, /)
        assert.isAbove(world.front.countOf("undecided.example"), asked)
        world.front.conducts.delete("undecided.example")
        yield* passes(world, "undecided.example")
      }))

    it.effect("equal questions are one", () =>
      Effect.gen(function*() {
        const world = yield* World
        // Answered when both streams wait for it; `ttl` 0 keeps memory out of it.
        world.front.conducts.set("together.example", async ({ response, yes }) => {
          for (let streams = ""; !/s2sin.*s2sout/.test(streams);) {
            streams = await world.left.control.streams(LEFT, "together.example")
          }
          await new Promise((resolve) => setTimeout(resolve, 1_000)) // TLS of the second
          send(response, 200, yes({ ttl: 0 }))
        })
        yield* passes(world, "together.example")
        assert.strictEqual(world.front.countOf("together.example"), 1)
      }))

    it.effect("a stream ends when its domain no longer vouches for it", () =>
      Effect.gen(function*() {
        const world = yield* World
        let vouches = true
        world.front.conducts.set("withdrawn.example", ({ response, yes }) =>
          send(
            response,
            200,
            vouches
              ? yes({ ttl: 1, refreshAfter: inSeconds(1), validUntil: inSeconds(4) })
              : yes({ valid: false, verdict: "mismatch", code: "CertificateMismatch", ttl: 0 })
          ))
        yield* passes(world, "withdrawn.example")
        // Asked again while it vouches: the stream stays.
        const asked = world.front.countOf("withdrawn.example")
        yield* until(() => world.front.countOf("withdrawn.example") > asked + 1, 30_000)
        assert.strictEqual(
          yield* Effect.promise(() => world.left.control.streams(LEFT, "withdrawn.example")),
          "s2sin s2sout"
        )
        vouches = false
        yield* gone(world, "withdrawn.example")
        assert.match(yield* lastLineAbout(world, "withdrawn.example"), /CertificateMismatch: .*\[again, /)
        const after = yield* isRefused(world, "withdrawn.example", /^CertificateMismatch: /)
        assert.deepStrictEqual(after, { out: 1, in: 1 }) // those of before
      }))

    it.effect("a stream outlives a service that is away, until what vouched for it ends", () =>
      Effect.gen(function*() {
        const world = yield* World
        const ends = Date.now() + 6_000
        let isAway = false
        world.front.conducts.set("silent-again.example", ({ response, yes }) => {
          if (isAway) response.destroy()
          else {send(
              response,
              200,
              yes({ ttl: 1, refreshAfter: inSeconds(1), validUntil: new Date(ends).toISOString() })
            )}
        })
        yield* passes(world, "silent-again.example")
        isAway = true
        yield* linesAbout(world, "silent-again.example").pipe(
          Effect.repeat({ until: (lines) => lines.some((line) => /\[again/.test(line)) }),
          Effect.timeout(30_000)
        )
        const open = yield* Effect.promise(() => world.left.control.streams(LEFT, "silent-again.example"))
        if (Date.now() < ends - 500) assert.strictEqual(open, "s2sin s2sout")
        yield* gone(world, "silent-again.example")
        assert.isAtLeast(Date.now(), ends)
        assert.match(
          yield* world.left.log,
          /closes the stream of silent-again\.example: what vouched for its certificate has ended/
        )
      }))
  }
)
