/** What it costs this thread to run something; what other threads and processes do, does not count. */
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

/** Milliseconds of this thread's processor that something synchronous takes. */
export const held = (run: () => unknown): number => {
  const before = process.threadCpuUsage()
  run()
  const { system, user } = process.threadCpuUsage(before)
  return (system + user) / 1_000
}
