/** Random numbers that are the same in each run. */
import { Effect, Random } from "effect"

export const seeded = (seed: string): Random.Random =>
  Effect.runSync(Random.withSeed(Effect.service(Random.Random), seed))
