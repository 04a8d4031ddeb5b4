/** Steps of tests in which things change around two Prosody servers. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { established, exchange, lastLineAbout, refused, through } from "./exchange.ts"
import type { Conduct } from "./Front.ts"
import type { World } from "./world.ts"

export const passes = Effect.fnUntraced(function*(world: World, domain: string) {
  const outcome = yield* exchange(world, domain)
  assert.deepStrictEqual(
    { ...established(outcome), arrived: [] },
    { ...through, arrived: [] },
    JSON.stringify(outcome)
  )
})

export const isRefused = Effect.fnUntraced(function*(world: World, domain: string, says: RegExp) {
  const outcome = yield* exchange(world, domain)
  const before = { ...outcome, arrived: { out: 0, in: 0 } }
  assert.deepStrictEqual(established(before), refused, JSON.stringify(outcome))
  assert.match(yield* lastLineAbout(world, domain), says)
  return outcome.arrived
})

/** A question that is held: what was asked shows that it arrived. */
export const held = (world: World, domain: string) => {
  const letGo = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const conduct: Conduct = async ({ relay }) => {
    arrived.resolve()
    await letGo.promise
    await relay()
  }
  world.front.conducts.set(domain, conduct)
  return {
    arrived: Effect.promise(() => arrived.promise),
    letGo: Effect.sync(() => {
      world.front.conducts.delete(domain)
      letGo.resolve()
    })
  }
}

/** Connections are refused meanwhile. */
export const away = <A>({ front }: World, meanwhile: Effect.Effect<A>) =>
  Effect.acquireUseRelease(
    Effect.promise(() => front.go()),
    () => meanwhile,
    () => Effect.promise(() => front.come())
  )

export const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()
