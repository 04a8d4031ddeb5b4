/**
 * The processes of workers: starts them, and speaks with them. `node:cluster` gives each new connection to the next worker
 * (`docs/decisions/workers.md`).
 */
import { Deferred, Effect, Exit, Option } from "effect"
import cluster from "node:cluster"
import { extname, join } from "node:path"
import { decodeToParent, type ToParent, type ToWorker } from "./messages.ts"
import { passLines } from "./passLines.ts"
import { rescueUntaken } from "./rescueUntaken.ts"

/** How a process ended; both are `null` if it could not be started. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

export interface WorkerProcess {
  readonly pid: number | undefined
  /** What cannot be sent any more is forgotten. */
  readonly send: (message: ToWorker) => void
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Effect.Effect<Ending>
  /** Its last lines are passed on as well. */
  readonly closed: Effect.Effect<void>
}

export const setUpWorkers = Effect.sync(() => {
  // Said here, because a variable of Node.js could say otherwise.
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({
    exec: join(import.meta.dirname, `../worker${extname(import.meta.filename)}`),
    args: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // JSON has no NaN, which some gauges are.
    serialization: "advanced"
  })
})

/** `onMessage` gets what could be decoded. `hasOthers`: do other workers listen? */
export type StartWorker = (onMessage: (message: ToParent) => void, hasOthers: () => boolean) => WorkerProcess

export const startWorker: StartWorker = (onMessage, hasOthers) => {
  const worker = cluster.fork()
  const { process: child } = worker
  const ended = Deferred.makeUnsafe<Ending>()
  const closed = Deferred.makeUnsafe<void>()
  const end = (code: number | null, signal: string | null) =>
    void Deferred.doneUnsafe(ended, Exit.succeed({ code, signal }))
  child.once("exit", end)
  child.once("close", () => Deferred.doneUnsafe(closed, Exit.void))
  // Faults of a channel that is closed come here as well.
  worker.on("error", () => {
    if (child.pid !== undefined) return
    end(null, null)
    Deferred.doneUnsafe(closed, Exit.void)
  })
  rescueUntaken(worker, hasOthers)
  if (child.stdout !== null) passLines(child.stdout, process.stdout)
  if (child.stderr !== null) passLines(child.stderr, process.stderr)
  worker.on("message", (message: unknown) => {
    const decoded = decodeToParent(message)
    if (Option.isSome(decoded)) onMessage(decoded.value)
  })
  return {
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message, () => undefined)
    },
    kill: (signal) => void child.kill(signal),
    ended: Deferred.await(ended),
    closed: Deferred.await(closed)
  }
}
