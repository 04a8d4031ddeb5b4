/**
 * Worker threads for the honest and the hostile caller, so that neither blocks the event loop of the other.
 */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { parentPort, Worker, workerData } from "node:worker_threads"
import type { AttackResult, Target } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import { askHonestly, type HonestCaller, type HonestResult } from "./honest.ts"

type Task =
  | { readonly role: "honest"; readonly caller: HonestCaller }
  | { readonly role: "hostile"; readonly attack: AttackName; readonly target: Target; readonly scale: number }

/** A running task. */
export interface Actor<A> {
  /** Stops the task, and returns its result. */
  readonly stop: () => Promise<A>
}

export interface Actors {
  readonly honest: (caller: HonestCaller) => Actor<HonestResult>
  readonly hostile: (attack: AttackName, target: Target, scale: number) => Actor<AttackResult>
}

/** Completes when both threads run. Each performs one task at a time. */
export const makeActors: Effect.Effect<Actors, never, Scope.Scope> = Effect.gen(function*() {
  const [first, second] = yield* Effect.all([startWorker, startWorker], { concurrency: "unbounded" })
  return {
    honest: (caller) => perform(first, { role: "honest", caller }),
    hostile: (attack, target, scale) => perform(second, { role: "hostile", attack, target, scale })
  }
})

const startWorker = Effect.acquireRelease(
  Effect.promise(async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { isActor: true } })
    await once(worker, "message")
    return worker
  }),
  (worker) => Effect.promise(() => worker.terminate())
)

const perform = <A>(worker: Worker, task: Task): Actor<A> => {
  worker.postMessage(task, [])
  return {
    stop: async () => {
      const said = once(worker, "message")
      worker.postMessage("stop", [])
      const [result] = await said
      return result
    }
  }
}

const begin = (task: Task, signal: AbortSignal): Promise<HonestResult | AttackResult> =>
  task.role === "honest"
    ? askHonestly(task.caller, signal)
    : attacks[task.attack].run(task.target, signal, task.scale)

const port = parentPort
if (port !== null && workerData?.isActor === true) {
  port.postMessage("ready", [])
  for (;;) {
    const [task] = await once(port, "message")
    const stop = new AbortController()
    port.once("message", () => stop.abort())
    port.postMessage(await begin(task as Task, stop.signal), [])
  }
}
