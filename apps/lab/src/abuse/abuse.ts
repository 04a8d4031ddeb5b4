/**
 * One attack after the other, while an honest caller goes on asking what it knows the answer to: on one service, or on
 * one of its own where the attack has a scene.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect, Scope } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { domain, type HostedWorld, makeWorld } from "../world.ts"
import type { Scene } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import { type Field, makeField } from "./field.ts"
import type { Known } from "./honest.ts"
import { question, secondsSince } from "./hosts.ts"
import type { Outcome } from "./outcome.ts"
import { makeParties, type Parties } from "./party.ts"

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
    const parties = yield* makeParties
    const known = yield* makeKnown(world)
    const common = yield* Effect.cached(Scope.provide(makeField(world, known, plain), scope))
    return (name) => {
      const { scene } = attacks[name]
      const attack = (field: Field) => Effect.promise(() => run(name, field, parties, options))
      if (scene === undefined) return Effect.flatMap(common, attack)
      world.origins.reset()
      return scene(world, options.scale).pipe(
        Effect.flatMap((own) => makeField(world, known, own)),
        Effect.flatMap(attack),
        Effect.scoped
      )
    }
  })

const makeKnown = (world: HostedWorld): Effect.Effect<ReadonlyArray<Known>> =>
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
  field: Field,
  { honest, hostile }: Parties,
  { patience, rest, scale, seconds }: AbuseOptions
): Promise<Outcome> => {
  const { caller, scene, service, target } = field
  const before = service.memory()
  service.peak()
  const attacking = hostile(name, target, scale)
  const startedAt = performance.now()
  while (secondsSince(startedAt) < patience && scene.isUnderWay?.() === false) await pause(0.1)
  const leadSeconds = secondsSince(startedAt)
  const asking = honest(caller)
  await pause(seconds)
  const honesty = await asking.stop()
  const deeds = await attacking.stop()
  const judgement = service.isAlive() ? await scene.judge?.(field.ask, seconds) : undefined
  const peak = service.peak()
  await pause(rest)
  return {
    attack: name,
    leadSeconds,
    deeds,
    honesty,
    before,
    peak,
    after: service.memory(),
    alive: service.isAlive(),
    ...(scene === plain ? {} : { bounds: scene.bounds }),
    ...(judgement === undefined ? {} : { judgement })
  }
}

const pause = (seconds: number) => sleep(seconds * 1_000)
