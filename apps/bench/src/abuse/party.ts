/**
 * A thread of its own for the honest caller, and one for the hostile: neither measures or slows the other's event loop.
 */
import { parentPort, Worker, workerData } from "node:worker_threads"
import { type AttackName, attacks, type Target } from "./attacks.ts"
import { askHonestly, type Honesty, type Known } from "./honest.ts"

type Part =
  | { readonly role: "honest"; readonly port: number; readonly key: string; readonly known: ReadonlyArray<Known> }
  | { readonly role: "hostile"; readonly attack: AttackName; readonly target: Target; readonly scale: number }

export interface Party<A> {
  /** Tells it to stop, and waits for what it says. */
  readonly stop: () => Promise<A>
}

export const honest = (port: number, key: string, known: ReadonlyArray<Known>) =>
  join<Honesty>({ role: "honest", port, key, known })

export const hostile = (attack: AttackName, target: Target, scale: number) =>
  join<number>({ role: "hostile", attack, target, scale })

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

const play = (part: Part, signal: AbortSignal): Promise<Honesty | number> =>
  part.role === "honest"
    ? askHonestly(part.port, part.key, part.known, signal)
    : attacks[part.attack].run(part.target, signal, part.scale)

if (parentPort !== null && workerData?.role !== undefined) {
  const stop = new AbortController()
  parentPort.once("message", () => stop.abort())
  parentPort.postMessage(await play(workerData as Part, stop.signal), [])
}
