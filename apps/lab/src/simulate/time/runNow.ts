/** Runs effects that need no time to pass. */
import { type Context, Effect, Exit } from "effect"
import type { VirtualTime } from "./VirtualTime.ts"

export type RunNow = <A, E>(effect: Effect.Effect<A, E>) => A

/** Throws if the effect fails, or waits for time to pass. */
export const runNowIn = (time: VirtualTime, context: Context.Context<never>): RunNow => (effect) => {
  const fiber = Effect.runForkWith(context)(effect)
  time.drain()
  const exit = fiber.pollUnsafe()
  if (exit === undefined) throw new Error("an effect that should need no time waits")
  if (Exit.isFailure(exit)) throw new Error("an effect failed", { cause: exit.cause })
  return exit.value
}
