/**
 * The commands that Redis refuses: a user without the permission, a proxy or a server that does not know them, no
 * memory, a read-only replica. Such a command is sent again and again, so it is noted here until Redis takes it.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import { makeEpisodes } from "./connection/Episodes.ts"
import type { RedisError } from "./RedisError.ts"

export interface Refusals {
  /** Takes in the result of a command. */
  readonly settle: (command: string, error: RedisError | undefined) => void
  /** The commands that are refused now, and what Redis said. */
  readonly current: () => ReadonlyMap<string, RedisError>
  /** Calls back when a command begins or ceases to be refused, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void
  /** Logs what began and ended since the last call, in one line for each cause. Call it periodically. */
  readonly report: Effect.Effect<void>
}

/** A command counts as refused for so long after the last refusal at least, so that one which flaps is seen; ms. */
const holdMs = 2_000

// Part of the protocol, as of a cluster that is asked for many slots at once; or a fault of one value, which is counted
// where it is read.
const expected = new Set(["NOSCRIPT", "CROSSSLOT", "WRONGTYPE"])

/** `redis`: where Redis is, for people. */
export const makeRefusals = (redis: string): Effect.Effect<Refusals> =>
  Effect.map(Clock.Clock, (clock) => {
    const refused = new Map<string, RedisError>()
    const lastAt = new Map<string, number>()
    const ended = new Set<string>()
    const listeners = new Set<() => void>()
    const episodes = makeEpisodes()
    const now = () => monotonicMsOf(clock)
    const tell = () => listeners.forEach((listener) => listener())

    const begin = (command: string, error: RedisError) => {
      const isNew = !refused.has(command)
      refused.set(command, error)
      lastAt.set(command, now())
      ended.delete(command)
      if (isNew) tell()
    }
    const end = (command: string) => {
      if (now() - (lastAt.get(command) ?? 0) < holdMs || !refused.delete(command)) return
      ended.add(command)
      tell()
    }

    const report = Effect.suspend(() => {
      const begun = [...refused].filter(([command, error]) => episodes.begin(command, causeOf(error), now()))
      const over = [...ended].filter(episodes.end)
      ended.clear()
      const causes = [...new Set(begun.map(([, error]) => causeOf(error)))]
      const lines = causes.map((why) =>
        Effect.annotateLogs(Effect.logWarning("Redis refuses commands"), {
          commands: begun.filter(([, error]) => causeOf(error) === why).map(([command]) => command).join(", "),
          why
        })
      )
      const last = Effect.annotateLogs(Effect.logInfo("Redis takes commands again"), { commands: over.join(", ") })
      return Effect.annotateLogs(Effect.all(over.length === 0 ? lines : [...lines, last], { discard: true }), {
        redis,
        connection: "commands"
      })
    })

    return {
      settle: (command, error) => {
        if (error === undefined || expected.has(error.word ?? "")) {
          if (refused.size > 0) end(command)
        } else if (error.reason === "refused") begin(command, error)
      },
      current: () => refused,
      onChange: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      report
    }
  })

const causeOf = ({ detail, word = "?" }: RedisError): string => detail === undefined ? word : `${word}: ${detail}`
