/**
 * Is Redis as a fleet needs it? Without it the service answers from memory and origins: degraded, not down.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Schedule } from "effect"
import { Readiness } from "../service/Readiness.ts"
import type { RedisChanges } from "./Changes.ts"
import type { RedisClient } from "./Client.ts"
import type { Probe } from "./probes.ts"

/** PING detects an outage without traffic. Commands that are refused are probed as often, to see when they are not. */
const lookInterval = "1 second"

/** How often all commands are probed, besides after each connection; milliseconds. */
const probeMs = 60_000

/**
 * Reports `degraded` while the circuit breaker is open, a command is refused, or the channel of changes does not work.
 */
export const reportHealth = (client: RedisClient, changes: RedisChanges, probes: ReadonlyArray<Probe>) =>
  Effect.gen(function*() {
    const readiness = yield* Readiness
    const clock = yield* Clock.Clock
    const runFork = Effect.runForkWith(yield* Effect.context())
    const { refusals, send } = client
    const isDegraded = () => client.state() === "open" || refusals.current().size > 0 || !changes.stands()
    const report = () => void runFork(readiness.degrade(isDegraded()))
    const follow = (subscribe: () => () => void) =>
      Effect.acquireRelease(Effect.sync(subscribe), (forget) => Effect.sync(forget))

    yield* follow(() => client.onChange(report))
    yield* follow(() => refusals.onChange(report))
    yield* changes.listen({ changed: () => undefined, lost: report, back: report })

    const last = { connections: 0, at: 0 }
    const due = () => {
      const connections = client.connections()
      const now = monotonicMsOf(clock)
      const isAway = client.state() === "open"
      if (isAway || (connections === last.connections && now - last.at < probeMs)) {
        return probes.filter(([command]) => command === "PING" || refusals.current().has(command))
      }
      Object.assign(last, { connections, at: now })
      return probes
    }
    const look = Effect.suspend(() =>
      Effect.forEach(due(), (probe) => Effect.ignore(send(...probe)), { concurrency: "unbounded", discard: true })
    )
    const lookAndTell = Effect.andThen(look, refusals.report)
    // Before the service says that it is ready.
    yield* lookAndTell
    report()
    yield* lookAndTell.pipe(Effect.delay(lookInterval), Effect.repeat(Schedule.forever), Effect.forkScoped)
  })
