/** Warm `POST /v1/verify` for fleets of several shapes, beside the bare handlers. */
import type { Bench } from "./Bench.ts"
import { compare } from "./compare.ts"
import { toCompared } from "./comparison.ts"
import { nameOf } from "./fleet/Fleet.ts"
import { toLines } from "./print.ts"

export const warm = async function*({ effort, fleet, options, subjects }: Bench): AsyncGenerator<string> {
  for (const shape of options.rows) {
    const started = performance.now()
    const measured = await compare(subjects, await fleet(shape), effort)
    yield* [
      `## ${nameOf(shape)} (${((performance.now() - started) / 1_000).toFixed(0)} s)`,
      ...toLines(toCompared(measured))
    ]
  }
}
