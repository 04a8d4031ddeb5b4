/**
 * What it costs this thread to run something, and bounds on it. Other work on the machine makes a thread slower, by several
 * times where it shares a cache or a core, and never faster: so the best of a few tries counts, and a try beyond its bound is
 * judged by how long a known piece of work takes at the same moment. What grows faster than it may is beyond in every try.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

export interface Cost {
  /** Milliseconds of the processor: no single stop of the event loop was longer than that. */
  readonly processorMs: number
  /** Milliseconds by the clock. */
  readonly elapsedMs: number
  /** By which memory had grown at its worst, as far as it was looked at every few milliseconds. */
  readonly mebibytes: number
}

export const measured = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<readonly [Cost, A], E, R> =>
  Effect.suspend(() => {
    const before = memory()
    const peak = { octets: before }
    const look = () => {
      peak.octets = Math.max(peak.octets, memory())
    }
    const timer = setInterval(look, 5)
    const startedAt = performance.now()
    const processor = process.threadCpuUsage()
    return Effect.map(self, (value): readonly [Cost, A] => {
      const { system, user } = process.threadCpuUsage(processor)
      look()
      return [
        {
          processorMs: (user + system) / 1_000,
          elapsedMs: performance.now() - startedAt,
          mebibytes: (peak.octets - before) / (1 << 20)
        },
        value
      ]
    }).pipe(Effect.ensuring(Effect.sync(() => clearInterval(timer))))
  })

const memory = () => {
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

const tries = 3

/**
 * Fails where something costs more than this in every try. It has to do the same work each time: what the first try leaves
 * behind, in a cache for instance, is for the effect to remove.
 */
export const affordable =
  (most: Partial<Cost>) => <A, E, R>(self: Effect.Effect<readonly [Cost, A], E, R>): Effect.Effect<A, E, R> => {
    const faults = (cost: Cost) =>
      (Object.keys(most) as ReadonlyArray<keyof Cost>)
        .filter((what) => cost[what] >= (most[what] ?? Infinity))
        .map((what) => `${what}: ${cost[what].toFixed(1)}, at most ${most[what]}`)
    return self.pipe(
      Effect.map(([cost, value]) => ({
        faults: faults({ ...cost, processorMs: judged(cost.processorMs, most.processorMs) }),
        value
      })),
      Effect.repeat({ times: tries - 1, until: ({ faults }) => faults.length === 0 }),
      Effect.map(({ faults, value }) => {
        assert.deepStrictEqual(faults, [])
        return value
      })
    )
  }

/** The same for something synchronous: the milliseconds of the best try, of no more than are needed. */
export const assertHeld = (mostMs: number, run: () => unknown): number => {
  const found: Array<number> = []
  while (found.length < tries && !found.some((ms) => ms < mostMs)) found.push(judged(held(run), mostMs))
  const best = Math.min(...found)
  assert.isBelow(best, mostMs)
  return best
}

/** Milliseconds as they would be on a machine with nothing else to do, where they are beyond the bound as they are. */
const judged = (ms: number, mostMs = Infinity): number => ms < mostMs ? ms : ms / Math.max(1, held(burn) / burnMs)

/** What {@link burn} takes on a machine with nothing else to do. */
const burnMs = 20
const burn = () => {
  const text = JSON.stringify(Array.from({ length: 3_000 }, (_, index) => ({ index, text: "x".repeat(index % 40) })))
  for (let times = 0; times < 50; times += 1) JSON.parse(text)
}
burn() // once for the compiler

/** Milliseconds of this thread's processor that something synchronous takes. */
const held = (run: () => unknown): number => {
  const before = process.threadCpuUsage()
  run()
  const { system, user } = process.threadCpuUsage(before)
  return (system + user) / 1_000
}
