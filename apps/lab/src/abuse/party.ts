/**
 * A thread of its own for the honest caller, and one for the hostile: neither measures or slows the other's event loop.
 */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { parentPort, Worker, workerData } from "node:worker_threads"
import type { Deeds, Target } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import { askHonestly, type HonestCaller, type Honesty } from "./honest.ts"

type Part =
  | { readonly role: "honest"; readonly caller: HonestCaller }
  | { readonly role: "hostile"; readonly attack: AttackName; readonly target: Target; readonly scale: number }

/** What is under way. */
export interface Party<A> {
  /** Tells it to stop, and waits for what it says. */
  readonly stop: () => Promise<A>
}

export interface Parties {
  readonly honest: (caller: HonestCaller) => Party<Honesty>
  readonly hostile: (attack: AttackName, target: Target, scale: number) => Party<Deeds>
}

/** Both threads have started. Each plays one part at a time. */
export const makeParties: Effect.Effect<Parties, never, Scope.Scope> = Effect.gen(function*() {
  const [first, second] = yield* Effect.all([recruit, recruit], { concurrency: "unbounded" })
  return {
    honest: (caller) => play(first, { role: "honest", caller }),
    hostile: (attack, target, scale) => play(second, { role: "hostile", attack, target, scale })
  }
})

const recruit = Effect.acquireRelease(
  Effect.promise(async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { isParty: true } })
    await once(worker, "message")
    return worker
  }),
  (worker) => Effect.promise(() => worker.terminate())
)

const play = <A>(worker: Worker, part: Part): Party<A> => {
  worker.postMessage(part, [])
  return {
    stop: async () => {
      const said = once(worker, "message")
      worker.postMessage("stop", [])
      const [result] = await said
      return result
    }
  }
}

const begin = (part: Part, signal: AbortSignal): Promise<Honesty | Deeds> =>
  part.role === "honest"
    ? askHonestly(part.caller, signal)
    : attacks[part.attack].run(part.target, signal, part.scale)

const port = parentPort
if (port !== null && workerData?.isParty === true) {
  port.postMessage("ready", [])
  for (;;) {
    const [part] = await once(port, "message")
    const stop = new AbortController()
    port.once("message", () => stop.abort())
    port.postMessage(await begin(part as Part, stop.signal), [])
  }
}
