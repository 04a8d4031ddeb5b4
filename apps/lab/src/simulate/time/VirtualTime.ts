/**
 * Time that passes only from event to event: a clock and a scheduler for Effect, so that days take seconds and every run
 * with the same seed is the same.
 *
 * **Details**
 *
 * Nothing is asynchronous. `drain` runs all fibers until each of them waits for an instant or for another fiber.
 */
import { Clock, Context, Duration, Effect, References, Scheduler } from "effect"
import TinyQueue from "tinyqueue"

export interface Timer {
  cancelled: boolean
}

/** What needs no more than to know the time, and to wait. */
export interface Timers {
  /** Milliseconds since the epoch, with fractions. */
  readonly now: () => number
  /** Calls back at an instant; at once, but never before what is under way, if it has passed. */
  readonly at: (instant: number, run: () => void) => Timer
}

export interface VirtualTime extends Timers {
  /** When the next callback is due; infinity if there is none. */
  readonly next: () => number
  /** Goes on to an instant. Calls back what is due then, one after the other, and runs the fibers after each. */
  readonly advanceTo: (instant: number) => void
  /** Runs all fibers until they wait. */
  readonly drain: () => void
  /** The clock and the scheduler of fibers in this time. Spans are off. */
  readonly context: Context.Context<never>
}

interface Event extends Timer {
  readonly instant: number
  /** Events of one instant run in the order in which they were made. */
  readonly order: number
  readonly run: () => void
}

export const makeVirtualTime = (start: number): VirtualTime => {
  const events = new TinyQueue<Event>([], (left, right) => left.instant - right.instant || left.order - right.order)
  const state = { now: start, order: 0 }
  const tasks = makeTasks()

  const at = (instant: number, run: () => void): Timer => {
    state.order += 1
    const event = { instant: Math.max(instant, state.now), order: state.order, run, cancelled: false }
    events.push(event)
    return event
  }
  const next = () => {
    while (events.peek()?.cancelled === true) events.pop()
    return events.peek()?.instant ?? Number.POSITIVE_INFINITY
  }
  return {
    now: () => state.now,
    at,
    next,
    advanceTo: (instant) => {
      while (next() <= instant) {
        const event = events.pop()
        if (event === undefined) break
        state.now = event.instant
        event.run()
        tasks.drain()
      }
      state.now = instant
    },
    drain: tasks.drain,
    context: Context.empty().pipe(
      Context.add(Clock.Clock, makeClock(() => state.now, at)),
      Context.add(Scheduler.Scheduler, tasks.scheduler),
      Context.add(References.TracerEnabled, false)
    ) as Context.Context<never>
  }
}

const makeClock = (now: () => number, at: VirtualTime["at"]): Clock.Clock => {
  const millis = () => Math.floor(now())
  const nanos = () => BigInt(Math.round(now() * 1e6))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.callback<void>((resume) => {
        const timer = at(now() + Duration.toMillis(duration), () => resume(Effect.void))
        return Effect.sync(() => {
          timer.cancelled = true
        })
      })
  }
}

/** A queue of what fibers have to do; whoever owns the time empties it. */
const makeTasks = () => {
  const queue: Array<() => void> = []
  const drain = () => {
    for (let index = 0; index < queue.length; index += 1) queue[index]?.()
    queue.length = 0
  }
  const dispatcher: Scheduler.SchedulerDispatcher = {
    scheduleTask: (task) => void queue.push(task),
    flush: drain
  }
  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: () => false,
    makeDispatcher: () => dispatcher
  }
  return { drain, scheduler }
}
