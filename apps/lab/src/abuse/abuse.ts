/**
 * One attack after the other, while an honest caller goes on asking what it knows the answer to: on one service, or on
 * one of its own where the attack has a scene.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect, Scope } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { domain, type HostedWorld, makeWorld } from "../world.ts"
import { type Actors, makeActors } from "./actors.ts"
import type { Scene } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import type { KnownQuestion } from "./honest.ts"
import { question, secondsSince } from "./hosts.ts"
import type { Outcome } from "./outcome.ts"
import { makeTestbed, type Testbed } from "./testbed.ts"

export interface AbuseOptions {
  readonly seconds: number
  /** Of the connections that an attack has. */
  readonly scale: number
  /** Seconds that an attack has to get under way. */
  readonly patience: number
  /** Seconds between the end of an attack and the look at what is left of it. */
  readonly rest: number
}

const plain: Scene = { bounds: { rss: Infinity, health: Infinity } }

/** How to attack. */
export const makeAbuse = (
  options: AbuseOptions
): Effect.Effect<(name: AttackName) => Effect.Effect<Outcome>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const world = yield* makeWorld
    const actors = yield* makeActors
    const known = yield* makeKnown(world)
    const common = yield* Effect.cached(Scope.provide(makeTestbed(world, known, plain), scope))
    return (name) => {
      const { scene } = attacks[name]
      const attack = (testbed: Testbed) => Effect.promise(() => run(name, testbed, actors, options))
      if (scene === undefined) return Effect.flatMap(common, attack)
      world.origins.reset()
      return scene(world, options.scale).pipe(
        Effect.flatMap((own) => makeTestbed(world, known, own)),
        Effect.flatMap(attack),
        Effect.scoped
      )
    }
  })

const makeKnown = (world: HostedWorld): Effect.Effect<ReadonlyArray<KnownQuestion>> =>
  Effect.gen(function*() {
    const stranger = yield* Effect.flatMap(rootCa(), (root) => issue(root, { dnsNames: ["stranger.example"] }))
    return [
      question(domain, world.certificate),
      question("silent.example", world.certificate, "NotPublished"),
      question(domain, stranger, "CertificateMismatch")
    ]
  })

const run = async (
  name: AttackName,
  testbed: Testbed,
  { honest, hostile }: Actors,
  { patience, rest, scale, seconds }: AbuseOptions
): Promise<Outcome> => {
  const { caller, scene, service, target } = testbed
  const before = service.memory()
  service.peak()
  const attacking = hostile(name, target, scale)
  const startedAt = performance.now()
  while (secondsSince(startedAt) < patience && scene.isUnderWay?.() === false) await pause(0.1)
  const leadSeconds = secondsSince(startedAt)
  const asking = honest(caller)
  await pause(seconds)
  const honestResult = await asking.stop()
  const attackResult = await attacking.stop()
  const checkResult = service.isAlive() ? await scene.check?.(testbed.ask, seconds) : undefined
  const peak = service.peak()
  await pause(rest)
  return {
    attack: name,
    leadSeconds,
    attackResult,
    honestResult,
    before,
    peak,
    after: service.memory(),
    alive: service.isAlive(),
    ...(scene === plain ? {} : { bounds: scene.bounds }),
    ...(checkResult === undefined ? {} : { checkResult })
  }
}

const pause = (seconds: number) => sleep(seconds * 1_000)
