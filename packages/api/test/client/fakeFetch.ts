/** A `fetch` in this process, and the time in which what waits for it goes on. */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ClientSettings } from "../../src/client/index.ts"
import type { Answer, BatchQuestion } from "../../src/index.ts"
import { answerTo } from "./answers.ts"

export interface Call {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly questions: ReadonlyArray<BatchQuestion>
  readonly signal: AbortSignal
}

export type Respond = (call: Call, count: number) => Response | Promise<Response>

export const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": status === 200 ? "application/json" : "application/problem+json", ...headers }
  })

/** Answers each question of a call. */
export const answering =
  (toAnswer: (question: BatchQuestion) => Answer = answerTo) => ({ questions, url }: Call): Response =>
    json(
      url.pathname.endsWith("/batch")
        ? { results: questions.map((question) => ({ id: question.id, answer: toAnswer(question) })) }
        : toAnswer(questions[0]!)
    )

export const never = (): Promise<Response> => new Promise(() => undefined)

export const fakeFetch = (respond: Respond) => {
  const calls: Array<Call> = []
  const fetch: NonNullable<ClientSettings["fetch"]> = async (url, init) => {
    const body = JSON.parse(String(init?.body))
    const call: Call = {
      url: new URL(String(url)),
      headers: init?.headers as Record<string, string>,
      questions: body.requests ?? [body],
      signal: init?.signal as AbortSignal
    }
    calls.push(call)
    return respond(call, calls.length)
  }
  return { calls, fetch }
}

/** Lets time pass until the fiber ends; promises get their turns in between. */
export const inTime = Effect.fnUntraced(function*<A, E>(effect: Effect.Effect<A, E>, stepMs = 1) {
  const fiber = yield* Effect.forkChild(Effect.exit(effect))
  for (let passed = 0; passed < 60_000; passed += stepMs) {
    yield* turns
    if (fiber.pollUnsafe() !== undefined) break
    yield* TestClock.adjust(stepMs)
  }
  return yield* Effect.flatten(Fiber.join(fiber))
})

/** Some turns of the event loop. */
export const turns = Effect.promise(async () => {
  for (let count = 0; count < 4; count += 1) await new Promise((resolve) => setImmediate(resolve))
})
