/**
 * Metrics of the shared cache. Imports only types of the Redis modules, which may not be loaded.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Option, Result } from "effect"
import type { RedisChanges } from "../redis/Changes.ts"
import type { RedisClient } from "../redis/Client.ts"
import { type CallCommand, sendBy } from "../redis/Command.ts"
import type { FaultLog } from "../redis/FaultLog.ts"
import { sharedFaultReasons } from "./labels.ts"
import { Metrics } from "./Metrics.ts"

/** Decorates the client: measures the latency of each command. Also exports the breaker's state and the faults. */
export const observeRedis = (client: RedisClient, faults: FaultLog): Effect.Effect<RedisClient> =>
  Effect.zipWith(Clock.Clock, Effect.serviceOption(Metrics), (clock, found) => {
    if (Option.isNone(found)) return client
    const { cell, histogram } = found.value
    cell("posh_redis_breaker_open").read = () => client.state() === "open" ? 1 : 0
    cell("posh_redis_refused_commands").read = () => client.refusals.current().size
    for (const reason of sharedFaultReasons) {
      cell("posh_redis_faults_total", { reason }).read = () => faults.counts[reason]
    }
    const seconds = histogram("posh_redis_command_seconds")
    const call: CallCommand = (command, args, done) => {
      const startedAt = monotonicMsOf(clock)
      client.call(command, args, (reply) => {
        const isSent = Result.isSuccess(reply) || reply.failure.reason !== "open"
        if (isSent) seconds.observe((monotonicMsOf(clock) - startedAt) / 1_000)
        done(reply)
      })
    }
    return { ...client, call, send: sendBy(call) }
  })

/** Exports the state of the channel of changes. */
export const observeChannel = (changes: RedisChanges): Effect.Effect<RedisChanges> =>
  Effect.map(Effect.serviceOption(Metrics), (found) => {
    if (Option.isSome(found)) found.value.cell("posh_fleet_channel_up").read = () => changes.stands() ? 1 : 0
    return changes
  })
