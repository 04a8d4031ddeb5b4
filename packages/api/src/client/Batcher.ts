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

/** What one client holds at most: requests under way, and questions that wait or are under way. */
export const clientLimits = {
  requests: 256,
  questions: 10_000,
  questionOctets: 64 * 1024 * 1024,
  /** Of a batch; the service reads 32 MiB. */
  batchOctets: 16 * 1024 * 1024,
  /** Of the answers to a batch, at most. */
  answerOctets: 32 * 1024 * 1024
} as const

/** A question on its way. Belongs to who asks. */
export interface OutgoingQuestion extends SentQuestion {
  readonly avoid: ReadonlySet<number>
  /** Set when it is sent. */
  endpoint: number | undefined
}

export interface Delivery extends Jitter {
  readonly answer: Answer
  /** Milliseconds of the monotonic clock, and of the wall clock. */
  readonly sentAt: number
  readonly sentAtWall: number
}

interface Waiting {
  readonly ticket: OutgoingQuestion
  readonly resume: (result: Effect.Effect<Delivery, RequestFault & Jitter>) => void
  group: Group | undefined
  isOver: boolean
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
  #held = { questions: 0, octets: 0 }
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
      const { octets } = ticket.question
      const held = this.#held
      if (held.questions >= clientLimits.questions || held.octets + octets > clientLimits.questionOctets) {
        return resume(Effect.fail({ ...toFault("Busy"), jitter: 0 }))
      }
      this.#held = { questions: held.questions + 1, octets: held.octets + octets }
      const waiting: Waiting = {
        ticket,
        resume: (result) => {
          this.#release(waiting)
          resume(result)
        },
        group: undefined,
        isOver: false
      }
      this.#waiting.add(waiting)
      this.#schedule()
      return Effect.sync(() => this.#leave(waiting))
    })
  }

  #schedule(): void {
    if (this.#waiting.size === 0 || this.#requests >= clientLimits.requests) return
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
      const { avoid, question } = waiting.ticket
      const endpoint = this.#endpoints.choose(now, avoid)
      const batch = open.get(endpoint)
      const answers = answerOctets(question)
      if (
        batch !== undefined && batch.members.length < this.#size &&
        batch.octets + question.octets <= clientLimits.batchOctets &&
        batch.answers + answers <= clientLimits.answerOctets
      ) {
        batch.members.push(waiting)
        batch.octets += question.octets
        batch.answers += answers
        continue
      }
      if (batch !== undefined) {
        this.#send(endpoint, batch.members)
        open.delete(endpoint)
      }
      if (this.#requests + open.size >= clientLimits.requests) break
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
      const results = yield* exchange(this.#settings, urls, members.map(({ ticket }) => ticket))
      this.#learn(endpoint, results)
      for (const [index, member] of members.entries()) {
        const result = results[index]
        if (!group.live.delete(member) || result === undefined) continue
        member.resume(
          Result.isSuccess(result)
            ? Effect.succeed({ answer: result.success, sentAt, sentAtWall, jitter })
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
    this.#release(waiting)
    this.#waiting.delete(waiting)
    const { group } = waiting
    if (group === undefined) return
    group.live.delete(waiting)
    if (group.live.size === 0) group.fiber?.interruptUnsafe()
  }

  /** Both ends of a question can come, its result and its caller's leaving; it is counted once. */
  #release(waiting: Waiting): void {
    if (waiting.isOver) return
    waiting.isOver = true
    const { octets } = waiting.ticket.question
    this.#held = { questions: this.#held.questions - 1, octets: this.#held.octets - octets }
  }
}
