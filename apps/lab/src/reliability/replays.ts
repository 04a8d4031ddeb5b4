/** The cases in which an old entry appears in Redis while a question waits. */
import type { RedisServer } from "@posh/testing"
import { Effect, Fiber } from "effect"

export const hour = 3_600_000
export const thirtyDays = 30 * 24 * hour
/** Milliseconds; below the default time-out of 100 ms. */
const stallMs = 95

export interface Case {
  /** Also the prefix of the domain's name (see `world.ts`). */
  readonly kind: "old" | "modern"
  /** By how much the clock of the replica that wrote the entry was slow. */
  readonly behindMs: number
  readonly more: object
  readonly replay: (setting: Setting) => Effect.Effect<void>
}

export interface Setting {
  readonly redis: RedisServer
  /** The suffix of the domain's keys: `{domain}:service:generation`. */
  readonly member: string
  readonly value: Buffer
  /** Asks once. `more` are further members of the question. */
  readonly ask: (more?: object) => Effect.Effect<void>
}

export const send = (redis: RedisServer, ...words: ReadonlyArray<string | Buffer>) =>
  Effect.asVoid(Effect.orDie(redis.command(...words)))

const put = ({ member, redis, value }: Setting) =>
  send(redis, "SET", `posh:v1:association:${member}`, value, "PX", String(hour))

const hurried = { deadlineMs: 50 }

/** A question with a short deadline comes first; the other joins its flight, or reads Redis after the stall. */
const afterStall = (setting: Setting) =>
  Effect.gen(function*() {
    yield* put(setting)
    yield* send(setting.redis, "CLIENT", "PAUSE", String(stallMs), "ALL")
    const first = yield* Effect.forkChild(Effect.delay(setting.ask(hurried), 4))
    yield* Effect.sleep(64)
    yield* setting.ask()
    yield* Fiber.join(first)
  })

const afterRefusal = (setting: Setting) =>
  Effect.gen(function*() {
    yield* put(setting)
    yield* send(setting.redis, "ACL", "SETUSER", "default", "-mget")
    const first = yield* Effect.forkChild(setting.ask(hurried))
    yield* Effect.sleep(10)
    yield* send(setting.redis, "ACL", "SETUSER", "default", "+mget")
    yield* setting.ask()
    yield* Fiber.join(first)
  })

/** An attacker who can write to Redis replays an entry that a replica had sealed. */
const byAttacker = (setting: Setting) =>
  Effect.gen(function*() {
    const flight = `posh:v1:flight:${setting.member}`
    yield* send(setting.redis, "SET", flight, "1", "PX", "1900")
    const asked = yield* Effect.forkChild(setting.ask())
    yield* Effect.sleep(300)
    yield* put(setting)
    yield* send(setting.redis, "DEL", flight)
    yield* Fiber.join(asked)
  })

const draft = { generations: "draft-only" }
export const cases: ReadonlyArray<Case> = [
  { kind: "old", behindMs: thirtyDays, more: draft, replay: afterStall },
  { kind: "old", behindMs: thirtyDays, more: draft, replay: afterRefusal },
  { kind: "old", behindMs: thirtyDays, more: draft, replay: byAttacker },
  { kind: "modern", behindMs: hour, more: { maxAge: 60 }, replay: afterStall },
  { kind: "modern", behindMs: hour, more: { maxAge: 60 }, replay: byAttacker },
  { kind: "modern", behindMs: hour, more: { refresh: true }, replay: afterStall },
  { kind: "modern", behindMs: hour, more: { refresh: true }, replay: afterRefusal }
]
