/** 200 domains that one Prosody server sets out to reach at the same time. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { measureRound } from "./cost.ts"
import { close, configured, linesAbout } from "./exchange.ts"
import { held, passes } from "./steps.ts"
import { type Domain, LEFT, makeWorld, type World as Made } from "./world.ts"

const count = 200
/** POSH vouches for them, and so does their certificate: in `fallback` nobody asks about them, in `always` somebody does. */
const crowd = Array.from({ length: count }, (_, index) => `d${index}.many.example`)
const held10 = Array.from({ length: 10 }, (_, index) => `held-${index}.example`)

const domains: ReadonlyArray<Domain> = [
  ...crowd.map((name): Domain => ({ name, presents: "ordinary" })),
  ...held10.map((name) => ({ name })),
  { name: "known.example" },
  { name: "warm.many.example", presents: "ordinary" }
]

class World extends Context.Service<World, Made>()("posh/server/test/prosody/Crowd") {
  static readonly layer = Layer.effect(World, makeWorld(domains, { posh_verifier_timeout: 30 }))
}

/** All at once; and the most CPU time that the left server spent meanwhile before it came round to a timer. */
const pingAll = ({ left, right }: Made, all: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const before = await right.control.arrived()
    const cpu = await left.control.stall()
    const started = Date.now()
    const outcomes = await Promise.all(all.map((name) => left.control.ping(LEFT, name, 100)))
    const arrived = await right.control.arrived()
    const key = (name: string) => `${LEFT} ${name}`
    const stall = await left.control.stall()
    return {
      answered: outcomes.filter(({ ok }) => ok).length,
      arrived: all.filter((name) => arrived[key(name)] === (before[key(name)] ?? 0) + 1).length,
      ms: Date.now() - started,
      cpuMs: Math.round(stall.cpuMs - cpu.cpuMs),
      stallMs: Math.round(stall.ms)
    }
  })

layer(World.layer, { excludeTestServices: true, timeout: 240_000 })("200 domains at once", (it) => {
  it.effect("all of them get through, for less than 10 ms of CPU time each", () =>
    Effect.gen(function*() {
      const world = yield* World
      const without = yield* pingAll(world, crowd)
      assert.deepInclude(without, { answered: count, arrived: count })
      assert.strictEqual(world.front.questions.length, 0)
      yield* Effect.forEach(crowd, (name) => close(world, name), { concurrency: 20, discard: true })
      const withPosh = yield* configured(world, { posh_verifier_mode: "always" }, pingAll(world, crowd))
      assert.deepInclude(withPosh, { answered: count, arrived: count })
      assert.strictEqual(world.front.questions.length, count)
      // What became ready together is one round of Prosody's loop, with POSH and without: at worst, all of it.
      const figures = JSON.stringify({ without, withPosh })
      assert.isBelow((withPosh.cpuMs - without.cpuMs) / count, 10, figures)
      assert.isBelow(withPosh.stallMs, 10 * count, figures)
    }))

  it.effect("a warm stream costs less than 10 ms of CPU time more than without the module", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { memory, service, without } = yield* measureRound(world, "warm.many.example", 10)
      const figures = JSON.stringify({ memory, service, without })
      assert.isBelow(memory.cpuMs - without.cpuMs, 10, figures)
      assert.isBelow(service.cpuMs - without.cpuMs, 10, figures)
      assert.strictEqual(world.front.countOf("warm.many.example"), 1 + 2 * 10 + 2, figures)
    }))

  it.effect("others are served while a question is under way", () =>
    Effect.gen(function*() {
      const world = yield* World
      const domain = "held-0.example"
      yield* passes(world, "known.example")
      const { arrived, letGo } = held(world, domain)
      const waiting = yield* Effect.forkChild(passes(world, domain))
      yield* arrived
      yield* close(world, "known.example")
      yield* passes(world, "known.example") // its answer is remembered
      yield* letGo
      yield* Fiber.join(waiting)
      yield* close(world, domain)
    }))

  it.effect("no more questions than `posh_verifier_max_pending` are under way; the others get no yes", () =>
    Effect.gen(function*() {
      const world = yield* World
      const most = 4
      const holding = held10.map((name) => held(world, name))
      const pinging = Effect.promise(() =>
        Promise.all(held10.map(async (name) => {
          const { ok } = await world.left.control.ping(LEFT, name, 60)
          return { name, ok }
        }))
      )
      // The first to end are those that were refused; then the held ones are let go.
      const letGo = Effect.andThen(
        linesUntil(world, held10.length - most),
        Effect.forEach(holding, (one) => one.letGo, { discard: true })
      )
      world.front.mostOpen = 0
      const [outcomes] = yield* configured(
        world,
        { posh_verifier_max_pending: most },
        Effect.all([pinging, letGo], { concurrency: 2 })
      )
      assert.strictEqual(world.front.mostOpen, most)
      assert.strictEqual(outcomes.filter(({ ok }) => ok).length, most)
    }))
})

/** Waits until so many of the held domains were refused because too many questions were under way. */
const linesUntil = (world: Made, refusals: number) =>
  Effect.forEach(held10, (name) => linesAbout(world, name)).pipe(
    Effect.map((lines) => lines.flat().filter((line) => line.startsWith("busy: ")).length),
    Effect.repeat({ until: (busy) => busy === refusals }),
    Effect.timeoutOrElse({ duration: 60_000, orElse: () => Effect.die(new Error("nobody was refused")) })
  )
