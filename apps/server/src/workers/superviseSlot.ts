/**
 * The life of one place: starts a process, watches it, and starts another when it has ended.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Data, Effect, Random } from "effect"
import type { WorkerEnd } from "../telemetry/labels.ts"
import { backOffMs, calmMs, mostStarts } from "./backOff.ts"
import { type Crew, type CrewSettings, pollMsOf } from "./Crew.ts"
import { occupy, type Slot, vacate } from "./Slot.ts"
import { type Ending, type StartWorker, startWorker } from "./WorkerProcess.ts"

/** No worker can serve. */
export class WorkersError extends Data.TaggedError("WorkersError")<{ readonly reason: string }> {
  override get message(): string {
    return this.reason
  }
}

/** Milliseconds that a worker may need from its start until it is ready: it responds to nothing while it loads. */
const startMs = 60_000

/** Ends when the service stops; fails where another start would not help. */
export const superviseSlot = (
  crew: Crew["Service"],
  settings: CrewSettings,
  slot: Slot,
  start: StartWorker = startWorker
): Effect.Effect<void, WorkersError> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const process = start(
      (message) => crew.receive(slot, message),
      () => crew.slots.some((other) => other !== slot && other.readyAt !== undefined)
    )
    occupy(slot, process)
    process.send({
      _tag: "Start",
      worker: slot.worker,
      workers: settings.workers,
      port: portOf(crew, settings),
      isPretty: settings.logFormat === "pretty"
    })
    const ending = yield* Effect.raceFirst(process.ended, watchSilence(crew, settings, slot))
    if (crew.isStopping()) return true

    const { fault, readyAt, wasKilled } = slot
    crew.bury(slot)
    vacate(slot)
    slot.failedStarts = readyAt === undefined ? slot.failedStarts + 1 : 0
    slot.failures = readyAt !== undefined && monotonicMsOf(clock) - readyAt >= calmMs ? 0 : slot.failures + 1
    const how = fault ?? toText(ending)
    if (isHopeless(crew, fault)) return yield* new WorkersError({ reason: fault ?? `no worker can start: ${how}` })
    crew.countRestart(reasonOf(ending, wasKilled))
    const waitMs = backOffMs(slot.failures - 1, yield* Random.next)
    yield* Effect.logWarning(`worker ${slot.worker} ended (${how}); another starts in ${(waitMs / 1_000).toFixed(1)} s`)
    yield* Effect.sleep(waitMs)
    return crew.isStopping()
  }).pipe(Effect.repeat({ until: (isStopped) => isStopped }), Effect.asVoid)

/** Polls the process, and kills it when it has not answered for too long. */
const watchSilence = (crew: Crew["Service"], settings: CrewSettings, slot: Slot): Effect.Effect<never> => {
  const pollMs = pollMsOf(settings)
  const poll = Effect.suspend(() => {
    const { process, readyAt, worker } = slot
    const longestMs = readyAt === undefined ? Math.max(settings.workerTimeout, startMs) : settings.workerTimeout
    const wasSilent = crew.isSilent(slot)
    if (!slot.isPolled) {
      slot.isPolled = true
      process?.send({ _tag: "Poll", gauges: false })
      return Effect.void
    }
    slot.silent += 1
    if (slot.silent * pollMs >= longestMs && !slot.wasKilled) {
      slot.wasKilled = true
      const text = `worker ${worker} has not responded for ${(longestMs / 1_000).toFixed(1)} s and is killed`
      return Effect.andThen(Effect.logError(text), Effect.sync(() => process?.kill("SIGKILL")))
    }
    return readyAt !== undefined && !wasSilent && crew.isSilent(slot)
      ? Effect.logWarning(`worker ${worker} does not respond`)
      : Effect.void
  })
  return Effect.forever(Effect.andThen(Effect.sleep(pollMs), poll))
}

/** The port that is bound by now: with port 0, all workers may have ended meanwhile, and with them the listening socket. */
const portOf = (crew: Crew["Service"], { port }: CrewSettings): number => {
  const url = crew.url()
  const isBound = crew.slots.some(({ readyAt }) => readyAt !== undefined)
  return port !== 0 || url === undefined || isBound ? port : Number(new URL(url).port)
}

/** A fault of the configuration before the service was ever ready; later files may be repaired while other workers serve. */
const isHopeless = ({ serving, slots, url }: Crew["Service"], fault: string | undefined): boolean =>
  (fault !== undefined && url() === undefined) ||
  (serving() === 0 && slots.every(({ failedStarts }) => failedStarts >= mostStarts))

const reasonOf = ({ signal }: Ending, wasKilled: boolean): WorkerEnd =>
  wasKilled ? "unresponsive" : signal === null ? "exit" : "signal"

const toText = ({ code, signal }: Ending): string => {
  if (signal !== null) return `signal ${signal}`
  return code === null ? "it could not be started" : `exit code ${code}`
}
