/**
 * Domains that change their certificate and are purged on one replica, and the right answers of each replica after that.
 *
 * The guarantee (docs/guides/fleet.md): a purge takes effect at once on the replica that received it, and on the others
 * within 100 ms if Redis accepted it, else when Redis has recovered. So each replica has an oldest certificate that it may
 * still have cached. Older ones never verify. The published one verifies if it is also the oldest; otherwise the answer
 * for any certificate from the oldest to the published one depends on the cache of the replica.
 */
import { Effect, Semaphore } from "effect"
import { toBody } from "../question.ts"
import { type KnownAnswer, knownAnswers, type Question } from "./answers.ts"
import { type Fleet, purge, readiness } from "./fleet.ts"
import type { World } from "./world.ts"

export interface Rotation {
  /** The current, the next and the previous certificate of each domain in turn. */
  readonly next: () => Question
  /** Changes the next domain, purges it on one replica, and waits until the purge must have reached the others. */
  readonly turn: Effect.Effect<void>
  /** Runs the failure between two turns. From then on no purge counts as accepted by Redis. */
  readonly begin: (disturb: Effect.Effect<void>) => Effect.Effect<void>
  /** Redis has recovered. Waits the milliseconds that pending purges may take to reach all replicas. */
  readonly end: (propagationMs: number) => Effect.Effect<void>
}

/** Milliseconds within which a purge reaches all replicas (docs/guides/fleet.md). */
const reachMs = 100
/** So many that none changes often: each change causes requests, which are limited per domain (POSH-SEC-12). */
const names = Array.from({ length: 32 }, (_, index) => `${index % 2 === 0 ? "new" : "old"}-${index}.turning.example`)

/** Number of readiness checks while pending purges propagate. */
const settleLooks = 15

interface RotatingDomain {
  readonly domain: string
  /** Indices of certificates; `oldest` is by replica. */
  published: number
  readonly oldest: Array<number>
}

export const makeRotation = (world: World, fleet: Fleet): Rotation => {
  const domains: ReadonlyArray<RotatingDomain> = names.map((domain) => ({
    domain,
    published: 0,
    oldest: fleet.ports.map(() => 0)
  }))
  const state = { sound: true, turns: 0, questions: 0 }
  const one = Semaphore.makeUnsafe(1)
  const certificate = (number: number) => {
    const found = world.certificates[number]
    if (found === undefined) throw new Error("more changes than there are certificates")
    return found
  }
  const publish = ({ domain, published }: RotatingDomain) => world.publish(domain, certificate(published))
  for (const rotating of domains) publish(rotating)

  const isTaken = Effect.map(
    Effect.forEach(fleet.ports, readiness),
    (states) => state.sound && states.every((status) => status === "ready")
  )

  const turn = Effect.gen(function*() {
    const rotating = domains[state.turns % domains.length]
    const replica = Math.floor(state.turns / domains.length + state.turns) % fleet.ports.length
    state.turns += 1
    // The last certificate is never published.
    if (rotating === undefined || rotating.published >= world.certificates.length - 2) return
    rotating.published += 1
    publish(rotating)
    yield* purge(fleet.ports[replica] ?? 0, rotating.domain)
    rotating.oldest[replica] = rotating.published
    yield* Effect.sleep(reachMs)
    // A replica is `degraded` if Redis did not answer in time; then Redis may not have accepted the purge.
    if (yield* isTaken) rotating.oldest.fill(rotating.published)
  })

  /** Starts again if a replica became `degraded` in the meantime. */
  const settle = (propagationMs: number): Effect.Effect<void> =>
    Effect.gen(function*() {
      const owed = domains.map(({ oldest }) => Math.max(...oldest))
      const wasTaken = yield* Effect.repeat(
        Effect.delay(isTaken, propagationMs / settleLooks),
        { while: (taken) => taken, times: settleLooks - 1 }
      )
      if (!wasTaken) return yield* settle(propagationMs)
      domains.forEach(({ oldest }, index) => {
        oldest.forEach((number, replica) => oldest[replica] = Math.max(number, owed[index] ?? 0))
      })
    })

  return {
    next: () => {
      state.questions += 1
      const rotating = domains[Math.floor(state.questions / 3) % domains.length] ?? domains[0]!
      const number = Math.max(0, rotating.published + 1 - state.questions % 3)
      return {
        domain: rotating.domain,
        body: toBody(rotating.domain, certificate(number)),
        begin: (replica) => {
          const oldest = rotating.oldest[replica] ?? 0
          return () => allowed(number, oldest, rotating.published)
        }
      }
    },
    turn: one.withPermit(turn),
    begin: (disturb) =>
      one.withPermit(Effect.suspend(() => {
        state.sound = false
        return disturb
      })),
    end: Effect.fnUntraced(function*(propagationMs: number) {
      yield* one.withPermit(Effect.sync(() => void (state.sound = true)))
      yield* settle(propagationMs)
    })
  }
}

/** `oldest` when the question was sent, `published` when it was answered. */
const allowed = (number: number, oldest: number, published: number): ReadonlyArray<KnownAnswer> => {
  if (number < oldest || number > published) return [knownAnswers.mismatch]
  return oldest === published ? [knownAnswers.verified] : [knownAnswers.verified, knownAnswers.mismatch]
}
