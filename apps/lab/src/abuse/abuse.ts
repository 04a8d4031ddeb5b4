/**
 * Runs one attack after the other, while an honest caller asks questions with known answers: on a common service, or on a
 * separate one if the attack has a scene.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect, Scope } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { type Actors, makeActors } from "./actors.ts"
import type { Scene } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import type { KnownQuestion } from "./honest.ts"
import { question, secondsSince } from "./hosts.ts"
import type { Outcome } from "./outcome.ts"
import { makeTestbed, type Testbed } from "./testbed.ts"
import { domain, type HostedWorld, makeWorld } from "./world.ts"

export interface AbuseOptions {
  readonly seconds: number
  /** The share of its connections that an attack opens. */
  readonly scale: number
  /** Maximum of seconds until an attack is under way. */
  readonly patience: number
  /** Seconds between the end of an attack and the last measurement of memory. */
  readonly rest: number
}

const plain: Scene = { bounds: { rss: Infinity, health: Infinity } }

/** Returns the function that runs an attack by its name. */
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
