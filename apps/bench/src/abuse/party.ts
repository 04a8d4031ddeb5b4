/**
 * A thread of its own for the honest caller, and one for the hostile: neither measures or slows the other's event loop.
 */
import { parentPort, Worker, workerData } from "node:worker_threads"
import type { Deeds, Target } from "./Attack.ts"
import { type AttackName, attacks } from "./attacks.ts"
import { askHonestly, type HonestCaller, type Honesty } from "./honest.ts"

type Part =
  | { readonly role: "honest"; readonly caller: HonestCaller }
  | { readonly role: "hostile"; readonly attack: AttackName; readonly target: Target; readonly scale: number }

export interface Party<A> {
  /** Tells it to stop, and waits for what it says. */
  readonly stop: () => Promise<A>
}

export const honest = (caller: HonestCaller) => join<Honesty>({ role: "honest", caller })

export const hostile = (attack: AttackName, target: Target, scale: number) =>
  join<Deeds>({ role: "hostile", attack, target, scale })

const join = <A>(part: Part): Party<A> => {
  const worker = new Worker(new URL(import.meta.url), { workerData: part })
  const said = new Promise<A>((resolve, reject) => {
    worker.once("message", resolve)
    worker.once("error", reject)
  })
  return {
    stop: async () => {
      worker.postMessage("stop", [])
      const result = await said
      await worker.terminate()
      return result
    }
  }
}

const play = (part: Part, signal: AbortSignal): Promise<Honesty | Deeds> =>
  part.role === "honest"
    ? askHonestly(part.caller, signal)
    : attacks[part.attack].run(part.target, signal, part.scale)

if (parentPort !== null && workerData?.role !== undefined) {
  const stop = new AbortController()
  parentPort.once("message", () => stop.abort())
  parentPort.postMessage(await play(workerData as Part, stop.signal), [])
}
