/** What the module adds to streams: the same two streams between the same servers, without it and with it, in turn. */
import { Effect } from "effect"
import { close, configured } from "./exchange.ts"
import { LEFT, MODULE, type World } from "./world.ts"

/** For each stream, in milliseconds: the median time until a reply, and the CPU time of the server. */
export interface Cost {
  readonly ms: number
  readonly cpuMs: number
}

export interface Costs {
  readonly without: Cost
  /** The module remembers. */
  readonly memory: Cost
  /** The service remembers, and is asked over TLS, once for each stream. */
  readonly service: Cost
}

/** A ping and its reply open a stream in each direction, and each is checked before the reply arrives. */
const streams = 2

/** `domain` has a certificate that names it, so that it gets through without the module too, and publishes it by POSH. */
export const measureRound = (world: World, domain: string, pings: number): Effect.Effect<Costs> => {
  const { control } = world.left
  const measure = Effect.gen(function*() {
    yield* Effect.promise(() => control.ping(LEFT, domain)) // what is warm from the second on
    const times: Array<number> = []
    const before = yield* Effect.promise(() => control.stall())
    for (let index = 0; index < pings; index += 1) {
      yield* close(world, domain)
      const { ms, ok } = yield* Effect.promise(() => control.ping(LEFT, domain))
      if (!ok) return yield* Effect.die(new Error("no streams"))
      times.push(ms)
    }
    const after = yield* Effect.promise(() => control.stall())
    yield* close(world, domain)
    return { ms: medianOf(times) / streams, cpuMs: (after.cpuMs - before.cpuMs) / pings / streams }
  })
  const always = { posh_verifier_mode: "always" }
  return Effect.gen(function*() {
    const without = yield* Effect.acquireUseRelease(
      Effect.promise(() => control.unload(MODULE)),
      () => measure,
      () => Effect.promise(() => control.load(MODULE))
    )
    const memory = yield* configured(world, always, measure)
    const service = yield* configured(world, { ...always, posh_verifier_cache_entries: 0 }, measure)
    return { without, memory, service }
  })
}

const medianOf = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
