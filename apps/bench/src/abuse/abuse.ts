/**
 * One attack after the other on one service, while an honest caller goes on asking what it knows the answer to.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { hash, randomBytes } from "node:crypto"
import { makeWorld } from "../world.ts"
import { type AttackName, attacks } from "./attacks.ts"
import type { Honesty, Known } from "./honest.ts"
import { honest, hostile } from "./party.ts"
import { type Attacked, type Memory, startAttacked } from "./service.ts"

export interface Outcome {
  readonly attack: AttackName
  readonly done: number
  readonly honesty: Honesty
  readonly before: Memory
  readonly peak: Memory
  readonly after: Memory
  readonly alive: boolean
}

export interface AbuseOptions {
  readonly seconds: number
  /** Of the connections that an attack has. */
  readonly scale: number
  /** Seconds between the end of an attack and the look at what is left of it. */
  readonly rest: number
}

/** A service, and how to attack it. */
export const makeAbuse = (
  options: AbuseOptions,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<(attack: AttackName) => Effect.Effect<Outcome>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const world = yield* makeWorld
    const keys = { honest: makeKey(), hostile: makeKey() }
    const entries = Object.entries(keys).map(([name, key]) => `${name}:verify:${hash("sha256", key, "hex")}`)
    const service = yield* Effect.acquireRelease(
      Effect.promise(() => startAttacked({ ...world.env, POSH_API_KEYS: entries.join(), ...env })),
      ({ stop }) => Effect.promise(stop)
    )
    const stranger = yield* Effect.flatMap(rootCa(), (root) => issue(root, { dnsNames: ["stranger.example"] }))
    const ask = (question: object) => JSON.stringify({ ...world.question, deadlineMs: 5_000, ...question })
    const known: ReadonlyArray<Known> = [
      { body: ask({}), code: "Verified" },
      { body: ask({ domain: "silent.example" }), code: "NotPublished" },
      { body: ask({ certificate: stranger.pem }), code: "CertificateMismatch" }
    ]
    const warming = honest(service.port, keys.honest, known)
    yield* Effect.sleep("2 seconds")
    yield* Effect.promise(warming.stop)
    return (attack) => Effect.promise(() => run(service, keys, known, attack, options, world.question))
  })

const run = async (
  service: Attacked,
  keys: Keys,
  known: ReadonlyArray<Known>,
  attack: AttackName,
  { rest, scale, seconds }: AbuseOptions,
  question: object
): Promise<Outcome> => {
  const before = service.memory()
  service.peak()
  const asking = honest(service.port, keys.honest, known)
  const attacking = hostile(
    attack,
    { port: service.port, question: JSON.stringify(question), key: keys.hostile },
    scale
  )
  await pause(seconds)
  const done = await attacking.stop()
  const honesty = await asking.stop()
  const peak = service.peak()
  await pause(rest)
  return { attack, done, honesty, before, peak, after: service.memory(), alive: service.isAlive() }
}

/** Both are callers that the service knows. */
interface Keys {
  readonly honest: string
  readonly hostile: string
}

const makeKey = (): string => `posh_${randomBytes(32).toString("base64url")}`

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000))

export const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN

/** One line for each attack. */
export const toRow = ({ after, alive, attack, before, done, honesty, peak }: Outcome): ReadonlyArray<string> => {
  const { asked, failed, latencies, refused, undecided, wrong } = honesty
  const ms = (q: number) => quantile(latencies, q).toFixed(0)
  const megabytes = (of: keyof Memory) => [before, peak, after].map((memory) => memory[of].toFixed(0)).join(" / ")
  return [
    attacks[attack].title,
    `${done} ${attacks[attack].things}`,
    String(asked),
    String(wrong),
    String(undecided),
    String(refused),
    String(failed),
    `${ms(0.5)} / ${ms(0.99)} / ${ms(1)}`,
    megabytes("rss"),
    megabytes("heap"),
    alive ? "no" : "yes"
  ]
}
