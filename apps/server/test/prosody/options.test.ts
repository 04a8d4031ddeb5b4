/** Options of the module between two Prosody servers. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { close, configured } from "./exchange.ts"
import { away, isRefused, passes } from "./steps.ts"
import { type Domain, makeWorld, type World as Made } from "./world.ts"

/** A domain for each test. */
const domains: ReadonlyArray<Domain> = [{ name: "options.example" }, { name: "own.example", presents: "own" }, {
  name: "own-without.example",
  presents: "own",
  publishes: "nothing"
}]

class World extends Context.Service<World, Made>()("posh/server/test/prosody/Options") {
  static readonly layer = Layer.effect(World, makeWorld(domains, { posh_verifier_timeout: 10 }))
}

layer(World.layer, { excludeTestServices: true, timeout: 120_000 })(
  "Options of the module between two Prosody servers",
  (it) => {
    const unusable: ReadonlyArray<readonly [options: Readonly<Record<string, unknown>>, says: RegExp]> = [
      [{ posh_verifier_url: null }, /posh_verifier_url/],
      [{ posh_verifier_url: "verifier.example" }, /posh_verifier_url/],
      [{ posh_verifier_url: "ftp://verifier.example" }, /posh_verifier_url/],
      [{ posh_verifier_url: "http://verifier.example" }, /posh_verifier_allow_plain_http/],
      [{ posh_verifier_mode: "allways" }, /posh_verifier_mode/],
      [{ posh_verifier_timeout: 0 }, /posh_verifier_timeout/],
      [{ posh_verifier_timeout: "10" }, /posh_verifier_timeout/],
      [{ posh_verifier_max_pending: 0 }, /posh_verifier_max_pending/],
      [{ posh_verifier_max_body: 1e12 }, /posh_verifier_max_body/],
      [{ posh_verifier_proofs: ["posh", "trust"] }, /posh_verifier_proofs/],
      [{ posh_verifier_recheck: "no" }, /posh_verifier_recheck/],
      [{ posh_verifier_ca_file: "/nowhere.pem" }, /posh_verifier_ca_file/],
      [{ posh_verifier_time_out: 5 }, /posh_verifier_time_out is no option/]
    ]
    it.effect.each(unusable.map(([options, says]) => [JSON.stringify(options), options, says] as const))(
      "unusable options let nobody in: %s",
      ([, options, says]) =>
        Effect.gen(function*() {
          const world = yield* World
          const from = (yield* world.left.log).length
          const refusing = Effect.gen(function*() {
            const lines = (yield* world.left.log).slice(from).split("\n").filter((line) => / error\t/.test(line))
            assert.isTrue(lines.some((line) => says.test(line)), lines.join("\n"))
            // Not even an ordinary certificate: what `mode` says is not known.
            for (const domain of ["options.example", "own-without.example"]) {
              assert.deepStrictEqual(yield* isRefused(world, domain, /^closed: /), { out: 0, in: 0 })
            }
          })
          yield* configured(world, options, refusing)
        })
    )

    it.effect("put right, they let in who is vouched for", () =>
      Effect.flatMap(World, (world) => passes(world, "options.example")))

    it.effect("`always` asks about ordinary certificates too", () =>
      Effect.gen(function*() {
        const world = yield* World
        const { front } = world
        yield* passes(world, "own.example")
        yield* passes(world, "own-without.example")
        assert.strictEqual(front.countOf("own.example") + front.countOf("own-without.example"), 0)
        yield* close(world, "own.example")
        yield* close(world, "own-without.example")
        const always = Effect.gen(function*() {
          yield* passes(world, "own.example")
          yield* isRefused(world, "own-without.example", /^NoDocument|^\w+: /)
          assert.strictEqual(front.countOf("own.example"), 1)
          assert.isAbove(front.countOf("own-without.example"), 0)
          yield* close(world, "own.example")
        })
        yield* configured(world, { posh_verifier_mode: "always" }, always)
        // Without memory.
        yield* configured(
          world,
          { posh_verifier_mode: "always", posh_verifier_cache_entries: 0 },
          away(world, isRefused(world, "own.example", /^unreachable: /))
        )
      }))
  }
)
