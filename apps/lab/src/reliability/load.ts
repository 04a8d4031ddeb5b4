/** Asks both replicas questions with known answers, and counts every answer. */
import { Effect } from "effect"
import type { Question } from "./answers.ts"
import type { Fleet } from "./fleet.ts"
import { request } from "./request.ts"
import type { Rotation } from "./rotation.ts"
import type { Tally } from "./Tally.ts"
import type { World } from "./world.ts"

export interface Pace {
  /** Concurrent questions per replica. */
  readonly connections: number
  /** Milliseconds between an answer and the next question. */
  readonly pauseMs: number
  /** Milliseconds between two cold domains. */
  readonly coldMs: number
  /** Milliseconds between two changes of a certificate. */
  readonly turnMs: number
}

/** Runs until it is interrupted. */
export const load = (
  world: World,
  fleet: Fleet,
  rotation: Rotation,
  tally: Tally,
  pace: Pace
): Effect.Effect<never> => {
  const count = { steady: 0 }
  const ask = makeAsk(fleet, tally)
  const everywhere = (question: Question) =>
    Effect.forEach(fleet.ports, (_, replica) => ask(question, replica), { concurrency: "unbounded" })

  const steady = () => {
    count.steady += 1
    return count.steady % 4 === 0 ? rotation.next() : world.steady[count.steady % world.steady.length]!
  }
  const workers = keepAsking(fleet, tally, pace, steady)
  // All replicas at once, and again: covers the leader, the followers and the cached answer.
  const cold = Effect.suspend(() =>
    Effect.forEach(world.cold(), (question) => Effect.andThen(everywhere(question), everywhere(question)))
  ).pipe(Effect.andThen(Effect.sleep(pace.coldMs)), Effect.forever)
  const rotating = Effect.andThen(rotation.turn, Effect.sleep(pace.turnMs)).pipe(Effect.forever)
  return Effect.andThen(
    Effect.all([workers, cold, rotating], { concurrency: "unbounded" }),
    Effect.never
  )
}

/** Asks one replica one question, and counts the answer. */
export const makeAsk = (fleet: Fleet, tally: Tally) => (question: Question, replica: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const end = question.begin(replica)
    const sentAt = performance.now()
    return Effect.map(
      request(fleet.ports[replica] ?? 0, "POST", "/v1/verify", question.body),
      (reply) => tally.note(question, replica, end(), reply, performance.now() - sentAt)
    )
  })

/** Asks one question after the other on each connection to each replica. Runs until it is interrupted. */
export const keepAsking = (
  fleet: Fleet,
  tally: Tally,
  { connections, pauseMs }: Pick<Pace, "connections" | "pauseMs">,
  next: () => Question
): Effect.Effect<never> => {
  const ask = makeAsk(fleet, tally)
  const worker = (replica: number) =>
    Effect.suspend(() => ask(next(), replica)).pipe(Effect.andThen(Effect.sleep(pauseMs)), Effect.forever)
  const workers = fleet.ports.flatMap((_, replica) => Array.from({ length: connections }, () => worker(replica)))
  return Effect.andThen(Effect.all(workers, { concurrency: "unbounded" }), Effect.never)
}
