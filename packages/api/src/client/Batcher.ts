/**
 * Forms batches: questions that come within a moment are sent together, as many as fit.
 *
 * One request never waits for another; but where too many are under way, questions wait and form larger batches. A question that
 * its caller gives up leaves its batch, and the last one to leave aborts the request.
 */
import { Clock, Effect, Exit, type Fiber, Random, Result } from "effect"
import type { Answer } from "../Answer.ts"
import type { Endpoints } from "./Endpoints.ts"
import { answerOctets, type AnswerResult, exchange, type SentQuestion } from "./exchange.ts"
import { type RequestFault, toFault } from "./faults.ts"
import type { CheckedSettings } from "./settings.ts"

/** Of requests under way, and of a batch. */
export const sendLimits = {
  requests: 256,
  /** Of a batch; the service reads 32 MiB. */
  octets: 16 * 1024 * 1024,
  /** Of the answers to a batch, at most. */
  answerOctets: 32 * 1024 * 1024,
  /**
   * Milliseconds. A batch takes as long as its slowest question, and strangers can have slow domains: whatever needs longer is
   * asked again alone.
   */
  deadlineMs: 1_000
} as const

/** A question on its way. Belongs to who asks. */
export interface OutgoingQuestion extends SentQuestion {
  readonly avoid: ReadonlySet<number>
  /** Whether it must not be part of a batch. */
  readonly alone: boolean
  /** Set when it is sent. */
  endpoint: number | undefined
}

export interface Delivery extends Jitter {
  readonly answer: Answer
  /** Milliseconds of the monotonic clock, and of the wall clock. */
  readonly sentAt: number
  readonly sentAtWall: number
  /** Whether it had less time than it could have had, for the sake of its batch. */
  readonly hurried: boolean
}

interface Waiting {
  readonly ticket: OutgoingQuestion
  readonly resume: (result: Effect.Effect<Delivery, RequestFault & Jitter>) => void
  group: Group | undefined
}

interface Group {
  readonly live: Set<Waiting>
  fiber: Fiber.Fiber<unknown> | undefined
}

/** From 0 to 1, the same for all questions of a request: so those that are repeated meet again. */
export interface Jitter {
  readonly jitter: number
}

type Fork = <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>

export class Batcher {
  readonly #settings: CheckedSettings
  readonly #endpoints: Endpoints
  readonly #fork: Fork
  readonly #now: () => number
  readonly #waiting = new Set<Waiting>()
  #windowIsOpen = false
  #requests = 0
  /** Halved where whole batches are refused for their load; grows slowly where they are answered. */
  #size: number

  constructor(settings: CheckedSettings, endpoints: Endpoints, now: () => number, fork: Fork) {
    this.#settings = settings
    this.#endpoints = endpoints
    this.#now = now
    this.#fork = fork
    this.#size = settings.batchQuestions
  }

  ask(ticket: OutgoingQuestion): Effect.Effect<Delivery, RequestFault & Jitter> {
    return Effect.callback((resume) => {
      const waiting: Waiting = { ticket, resume, group: undefined }
      this.#waiting.add(waiting)
      this.#schedule()
      return Effect.sync(() => this.#leave(waiting))
    })
  }

  #schedule(): void {
    if (this.#waiting.size === 0 || this.#requests >= sendLimits.requests) return
    if (this.#settings.batchQuestions === 1 || this.#waiting.size >= this.#size) return this.#flush()
    if (this.#windowIsOpen) return
    this.#windowIsOpen = true
    this.#fork(Effect.andThen(
      Effect.sleep(this.#settings.windowMs),
      Effect.sync(() => {
        this.#windowIsOpen = false
        this.#flush()
      })
    ))
  }

  #flush(): void {
    const now = this.#now()
    const open = new Map<number, { members: Array<Waiting>; octets: number; answers: number }>()
    for (const waiting of this.#waiting) {
      const { alone, avoid, question } = waiting.ticket
      const endpoint = this.#endpoints.choose(now, avoid)
      const batch = open.get(endpoint)
      const answers = answerOctets(question)
      if (
        batch !== undefined && !alone && batch.members.length < this.#size &&
        batch.octets + question.octets <= sendLimits.octets &&
        batch.answers + answers <= sendLimits.answerOctets
      ) {
        batch.members.push(waiting)
        batch.octets += question.octets
        batch.answers += answers
        continue
      }
      if (batch !== undefined && !alone) {
        this.#send(endpoint, batch.members)
        open.delete(endpoint)
      }
      if (this.#requests + open.size >= sendLimits.requests) break
      if (alone) {
        this.#send(endpoint, [waiting])
        continue
      }
      open.set(endpoint, { members: [waiting], octets: question.octets, answers })
    }
    for (const [endpoint, { members }] of open) this.#send(endpoint, members)
  }

  #send(endpoint: number, members: ReadonlyArray<Waiting>): void {
    const urls = this.#endpoints.at(endpoint)
    if (urls === undefined) return
    const group: Group = { live: new Set(members), fiber: undefined }
    for (const member of members) {
      this.#waiting.delete(member)
      member.group = group
      member.ticket.endpoint = endpoint
    }
    this.#requests += 1
    const run = Effect.gen({ self: this }, function*() {
      const sentAt = this.#now()
      const sentAtWall = yield* Clock.currentTimeMillis
      const jitter = yield* Random.next
      const most = members.length > 1 ? sendLimits.deadlineMs : Infinity
      const sent = members.map(({ ticket: { deadlineMs, question } }) => ({
        question,
        deadlineMs: Math.min(deadlineMs, most)
      }))
      const results = yield* exchange(this.#settings, urls, sent)
      this.#learn(endpoint, results)
      for (const [index, member] of members.entries()) {
        const result = results[index]
        if (!group.live.delete(member) || result === undefined) continue
        member.resume(
          Result.isSuccess(result)
            ? Effect.succeed({
              answer: result.success,
              sentAt,
              sentAtWall,
              jitter,
              hurried: member.ticket.deadlineMs > most
            })
            : Effect.fail({ ...result.failure, jitter })
        )
      }
    })
    group.fiber = this.#fork(
      Effect.onExit(run, (exit) =>
        Effect.sync(() => {
          this.#requests -= 1
          // Only a defect leaves somebody behind.
          for (const member of group.live) {
            member.resume(Effect.fail({ ...toFault(Exit.isSuccess(exit) ? "InvalidAnswer" : "Defect"), jitter: 0 }))
          }
          group.live.clear()
          this.#schedule()
        })).pipe(Effect.exit)
    )
  }

  #learn(endpoint: number, results: ReadonlyArray<AnswerResult>): void {
    if (results.some(Result.isSuccess)) {
      this.#endpoints.answered(endpoint)
      this.#size = Math.min(this.#settings.batchQuestions, Math.max(this.#size, Math.ceil(results.length * 1.1) + 1))
      return
    }
    const [first] = results
    if (first === undefined || Result.isSuccess(first)) return
    const { elsewhere, fault: { retryAfterMs }, later } = first.failure
    if (elsewhere) this.#endpoints.failed(endpoint, this.#now(), retryAfterMs)
    // The whole batch may be more than this service lets one caller ask at once.
    if (later && results.length > 1) this.#size = Math.max(1, Math.floor(results.length / 2))
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    const { group } = waiting
    if (group === undefined) return
    group.live.delete(waiting)
    if (group.live.size === 0) group.fiber?.interruptUnsafe()
  }
}
