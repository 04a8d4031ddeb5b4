/**
 * One door: whatever an answer is made of (memory, a far store, a flight of one's own or another's), it is never `verified`
 * after the end of anything that it rests on, and never says that it holds for longer.
 */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { hash } from "node:crypto"
import type { Question } from "../../src/question/Question.ts"
import type { Verdict } from "../../src/verdict/Verdict.ts"
import { recallBy, verifyBy } from "../asking.ts"
import { question } from "../greenhouse.ts"
import { makeWorld, overJumpingWall, type Publication } from "./world.ts"

type Step =
  | { readonly do: "ask"; readonly replica: number; readonly way: Way; readonly maxAge: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "jump"; readonly seconds: number }
  | ({ readonly do: "publish" } & Publication)
  | { readonly do: "plant"; readonly generation: "rfc7711" | "draft"; readonly days: number }
  | { readonly do: "far"; readonly away: boolean; readonly delayMs: number }

const ways = ["plain", "plain", "plain", "fingerprint", "refresh", "maxAge", "draft-only", "hasty"] as const
type Way = typeof ways[number]

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Noise = Schema.Tuple([Byte, Byte, Byte, Byte])

/** Steps that are likely to meet each other: lives are few and as long as what passes, and most steps ask. */
const toStep = ([kind, a, b, c]: typeof Noise.Type): Step => {
  const pick = <const A>(from: ReadonlyArray<A>, at: number): A => from[at % from.length]!
  if (kind < 110) {
    return { do: "ask", replica: a & 1, way: pick(ways, b), maxAge: pick([0, 5, 60, 3_600], c) }
  }
  if (kind < 175) return { do: "pass", ms: pick([0, 90, 1_000, 3_500, 10_500, 600_000, 43_200_000, 90_000_000], a) }
  if (kind < 205) return { do: "jump", seconds: pick([-172_800, -86_400, -3_600, -600, -5, 5, 86_400], a) }
  if (kind < 230) {
    const delayMs = pick([0, 0, 900, 4_000], b)
    if (c < 128) {
      return {
        do: "publish",
        kind: "rfc7711",
        expires: pick([1, 3, 10, 3_600, 86_400], a),
        age: pick(ages, c),
        delayMs
      }
    }
    return { do: "publish", kind: pick(["draft", "draft", "nothing", "fault"], c), delayMs }
  }
  if (kind < 243) return { do: "plant", generation: pick(["rfc7711", "draft"], a), days: b % 40 }
  return { do: "far", away: (a & 1) === 1, delayMs: pick([0, 0, 60, 2_000], b) }
}
const ages = [0, 0, 0, 2, 3_600, 2_592_000]

const fingerprint = { "sha-256": hash("sha256", greenhouse.current, "base64") }

const questionOf = ({ maxAge, way }: Extract<Step, { do: "ask" }>): Question => {
  switch (way) {
    case "fingerprint":
      return { domain: question.domain, service: question.service, fingerprint }
    case "refresh":
      return { ...question, refresh: true }
    case "maxAge":
      return { ...question, maxAge }
    case "draft-only":
      return { ...question, generations: "draft-only" }
    case "hasty":
      return { ...question, deadlineMs: 50 }
    case "plain":
      return question
  }
}

const firsts = {
  brief: { kind: "rfc7711", expires: 10, age: 0, delayMs: 0 },
  long: { kind: "rfc7711", expires: 86_400, age: 0, delayMs: 0 },
  slow: { kind: "rfc7711", expires: 3, age: 0, delayMs: 4_000 },
  draft: { kind: "draft", delayMs: 0 }
} as const
const Publications = Schema.Literals(["brief", "long", "slow", "draft"])

describe("whatever happens (CAC-12, CAC-33, CAC-35, MAT-63)", () => {
  it.effect.prop(
    "a positive answer holds, and holds for as long as it says",
    [Publications, Schema.Array(Noise).check(Schema.isMaxLength(40))],
    ([first, noise]) =>
      overJumpingWall((wall) =>
        Effect.gen(function*() {
          wall.offsetMs = Date.parse("2026-07-01T00:00:00Z")
          const world = yield* makeWorld
          const check = (verdict: Verdict, askedAt: number, maxAge: number | undefined) => {
            const now = world.trueNow()
            if (!verdict.valid) return
            const delivery = world.deliveryOf(verdict)
            assert.isDefined(delivery, "the material was delivered by the origin")
            const { endsAt, startedAt } = delivery
            const isOwn = startedAt >= askedAt
            assert.isAbove(endsAt, startedAt, "it was not over before it came")
            assert.isTrue(now < endsAt || isOwn, `over for ${now - endsAt} ms`)
            const { decidedAt, evidence, refreshAfter, validUntil } = verdict
            assert.isDefined(validUntil)
            const ttl = Math.max(0, validUntil - decidedAt)
            assert.isAtMost(ttl, Math.max(0, endsAt - now), "ttl is no longer than what is left")
            assert.isAtLeast(refreshAfter ?? 0, decidedAt)
            assert.isAtMost(validUntil, evidence.lifetime?.graceUntil ?? 0)
            // POSH-CAC-32: what the last refetch brought is young enough.
            if (maxAge !== undefined) assert.isAtMost(askedAt - startedAt, Math.max(maxAge * 1_000, 10_000) + 12_000)
          }
          const ask = (step: Extract<Step, { do: "ask" }>) =>
            Effect.gen(function*() {
              const askedAt = world.trueNow()
              const asked = questionOf(step)
              const verifier = world.replicas[step.replica]!
              const atOnce = recallBy(verifier, asked)
              if (atOnce !== undefined) check(atOnce, askedAt, asked.maxAge)
              check(yield* verifyBy(verifier, asked), askedAt, asked.maxAge)
            })

          const fibers: Array<Fiber.Fiber<void, unknown>> = []
          world.origin.publication = firsts[first]
          for (const step of noise.map(toStep)) {
            switch (step.do) {
              case "ask":
                fibers.push(yield* Effect.forkChild(ask(step)))
                yield* Effect.yieldNow
                break
              case "pass":
                yield* TestClock.adjust(step.ms)
                break
              case "jump":
                wall.offsetMs += step.seconds * 1_000
                break
              case "publish":
                world.origin.publication = step
                break
              case "plant":
                world.plant(step.generation, step.days * 86_400_000)
                break
              case "far":
                Object.assign(world.far.state, { away: step.away, delayMs: step.delayMs })
            }
          }
          yield* TestClock.adjust("2 minutes")
          yield* Effect.forEach(fibers, Fiber.join, { discard: true })
        })
      ),
    { arbitrary: { runs: 300 } }
  )
})
