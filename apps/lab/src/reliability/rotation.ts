/**
 * Domains that change their certificate and have it purged on one replica, and what each replica may say of it since.
 *
 * What is promised (docs/guides/fleet.md): a purge is done at once on the replica that was asked for it; on the others
 * within 100 ms where Redis took it, and else when Redis is back. So for each replica there is an oldest certificate
 * that it may still know. Older ones never verify; the published one verifies where it is that oldest; anything from the
 * one to the other is in between, where the answer depends on what the replica remembers.
 */
import { Effect, Semaphore } from "effect"
import { toBody } from "../question.ts"
import { type KnownAnswer, knownAnswers, type Question } from "./answers.ts"
import { type Fleet, purge, readiness } from "./fleet.ts"
import type { World } from "./world.ts"

export interface Rotation {
  /** Present, next, and last certificate of each domain in turn. */
  readonly next: () => Question
  /** Changes the next domain, purges it on one replica, and waits until the others must know. */
  readonly turn: Effect.Effect<void>
  /** Something is about to happen to Redis: between two turns, and from now on no purge counts as taken. */
  readonly begin: (disturb: Effect.Effect<void>) => Effect.Effect<void>
  /** Redis is back. Purges from before have so many milliseconds to reach everybody; ends when they must have. */
  readonly end: (propagationMs: number) => Effect.Effect<void>
}

/** Until a change has reached every replica: what is promised (design, section 6). */
const reachMs = 100
/** So many that none changes often: each change makes its origin be asked, and in a minute that is limited (POSH-SEC-12). */
const names = Array.from({ length: 32 }, (_, index) => `${index % 2 === 0 ? "new" : "old"}-${index}.turning.example`)

/** How often the replicas are asked in that time. */
const settleLooks = 15

interface RotatingDomain {
  readonly domain: string
  /** Numbers of certificates. */
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
    // A replica whose Redis does not answer in time says so: then it has not taken the purge, whoever is to blame.
    if (yield* isTaken) rotating.oldest.fill(rotating.published)
  })

  /** A replica that meanwhile says again that its Redis is slow has not had the time: then it gets it once more. */
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
