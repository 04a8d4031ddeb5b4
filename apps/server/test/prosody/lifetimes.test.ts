/** Answers and streams last as long as the service says. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schedule } from "effect"
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

    // An open stream is asked about every 10 s at most: these wait together.
    it.effect("open streams are checked again", () =>
      Effect.flatMap(
        World,
        (world) =>
          Effect.all([withdrawn(world, "withdrawn.example"), outliving(world, "silent-again.example")], {
            concurrency: 2
          })
      ))
  }
)

/** How many questions about open streams the log has. */
const rechecks = (world: Made, domain: string) =>
  Effect.map(linesAbout(world, domain), (lines) => lines.filter((line) => line.includes("[again")).length)

const untilRechecked = (world: Made, domain: string) =>
  rechecks(world, domain).pipe(
    Effect.repeat({ until: (count) => count > 0, schedule: Schedule.spaced("200 millis") }),
    Effect.timeout(60_000)
  )

/** A stream stays while its domain vouches for it, and ends when it no longer does. */
const withdrawn = Effect.fnUntraced(function*(world: Made, domain: string) {
  let vouches = true
  const no = { valid: false, verdict: "mismatch", code: "CertificateMismatch", ttl: 0 }
  world.front.conducts.set(
    domain,
    ({ response, yes }) =>
      send(response, 200, yes(vouches ? { ttl: 1, refreshAfter: inSeconds(1), validUntil: inSeconds(20) } : no))
  )
  yield* passes(world, domain)
  yield* untilRechecked(world, domain)
  assert.strictEqual(yield* Effect.promise(() => world.left.control.streams(LEFT, domain)), "s2sin s2sout")
  vouches = false
  yield* gone(world, domain)
  assert.match(yield* lastLineAbout(world, domain), /^CertificateMismatch: .*\[again, /)
  const after = yield* isRefused(world, domain, /^CertificateMismatch: /)
  assert.deepStrictEqual(after, { out: 1, in: 1 }) // those of before
})

/** A stream outlives a service that is away, until what vouched for it ends. */
const outliving = Effect.fnUntraced(function*(world: Made, domain: string) {
  const ends = Date.now() + 16_000
  let isAway = false
  world.front.conducts.set(domain, ({ response, yes }) => {
    const lives = { ttl: 1, refreshAfter: inSeconds(1), validUntil: new Date(ends).toISOString() }
    if (isAway) response.destroy()
    else send(response, 200, yes(lives))
  })
  yield* passes(world, domain)
  isAway = true
  yield* untilRechecked(world, domain)
  const open = yield* Effect.promise(() => world.left.control.streams(LEFT, domain))
  if (Date.now() < ends - 500) assert.strictEqual(open, "s2sin s2sout")
  yield* gone(world, domain)
  assert.isAtLeast(Date.now(), ends)
  assert.include(
    yield* world.left.log,
    `POSH closes the stream of ${domain}: what vouched for its certificate has ended`
  )
})
